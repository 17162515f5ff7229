'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.domains as domains';
'require weir.filter as filter';
'require weir.format as format';
'require weir.host as host';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

const FILTERS = [ 'name', 'device', 'ip', 'mac', 'iface', 'vlan', 'zone', 'network', 'min_bytes', 'text' ];
const TABS = [
	{ key: '', title: _('All') }, { key: 'local', title: _('In the house') }, { key: 'remote', title: _('Outside') },
	{ key: 'multicast', title: _('Multicast') }, { key: 'broadcast', title: _('Broadcast') }, { key: 'domains', title: _('Domains') }
];

const busiest = (scope) => api.call('hosts', { scope, sort: 'bps', limit: 5 });
const load = () => Promise.all([ busiest('local'), busiest('remote') ]);

// owner is whose an address is, and where that is.
const owner = (h) => h.asn ? [ h.country, h.as_name || 'AS' + h.asn ].filter((v) => v).join(' ') : h.country || h.network;

const rows = ({ hosts }) => hosts.map((h) => ({
	key: h.ip, node: names.host(h), value: c.both(h.bps), text: format.rate(c.both(h.bps)), colour: h.device ? chart.colour('device:' + h.device) : chart.DOWN
}));

function draw(frame, reply, at) {
	const box = filter.box({ keys: FILTERS, hint: _('Address, name …'), change: () => list.reset() });
	const near = c.board(_('Busiest in the house')), far = c.board(_('Busiest outside'));
	const version = E('select', { 'class': 'cbi-input-select', 'aria-label': _('IP version'), 'change': () => list.reset() },
		[ [ '', _('IPv4 and IPv6') ], [ '4', 'IPv4' ], [ '6', 'IPv6' ] ].map(([ value, title ]) => E('option', { 'value': value }, [ title ])));

	const list = c.list('hosts', () => Object.assign({ scope: at.tab, ipver: version.value }, box.args()), {
		label: _('Addresses'), key: (h) => h.ip, empty: _('No address fits.'), link: (h) => state.link('hosts', { ip: h.ip }),
		columns: [
			c.node('ip', _('Address'), { sort: true, card: 'title', node: (h) => E('a', { 'href': state.link('hosts', { ip: h.ip }) }, [ h.ip ]) }),
			c.text('name', _('Name'), { get: host.name, sort: true, card: true, max: 160 }), c.text('scope', _('Where'), { get: (h) => c.scope(h.scope) }),
			c.count('flows', _('Flows'), { get: (h) => h.flows.client.active + h.flows.server.active, sort: true, card: true }),
			c.count('alerts', _('Alerts'), { text: (h) => h.alerts ? format.count(h.alerts) : '–' }), c.ago('first', _('Seen since'), { sort: true }),
			c.text('as', _('Belongs to'), { get: owner, max: 150 }),
			c.split(_('Sent | received')), c.speed('bps', _('Throughput'), { sort: true }), c.amount('bytes', _('Traffic'), { sort: true, card: true }),
			c.text('mac', _('Hardware address'), c.HIDDEN), c.ago('last', _('Last seen'), { sort: true, hidden: true })
		]
	});

	const update = ([ inside, outside ]) => {
		const top = outside.hosts[0], said = _('%s addresses in the house, %s outside.').format(format.count(inside.total), format.count(outside.total));

		frame.say((top && c.both(top.bps)) ?
			said + ' ' + _('Most goes to and from %s: %s.').format(host.name(top) || top.ip, format.rate(c.both(top.bps))) : said);
		near.update(rows(inside));
		far.update(rows(outside));
	};

	update(reply);
	frame.add(page.tabs(TABS, at.tab || ''), page.grid(near.node, far.node), E('div', { 'class': 'weir-bar' }, [ box.node, version ]), list.node);
	c.keep(frame, 5, () => Promise.all([ load(), list.refresh() ]).then(([ reply ]) => update(reply)));
}

const part = (at) => at.ip ? host : (at.tab == 'domains') ? domains : { load, draw };

return page.view({
	title: _('Hosts'),
	skeleton: [ 160, 480 ],
	back: (at) => at.ip ? { href: state.link('hosts'), text: _('Hosts') } : null,
	load: (at) => part(at).load(at),
	draw: (frame, reply, at) => {
		if (at.tab == 'domains' && !at.ip)
			frame.add(page.tabs(TABS, at.tab));

		part(at).draw(frame, reply, at);
	}
});
