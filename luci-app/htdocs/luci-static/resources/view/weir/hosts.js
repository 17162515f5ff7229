'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.filter as filter';
'require weir.format as format';
'require weir.host as host';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
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
			c.text('name', _('Name'), { get: host.name, sort: true, card: true, max: 130 }), c.text('scope', _('Where'), { get: (h) => c.scope(h.scope) }),
			c.count('flows', _('Flows'), { get: (h) => h.flows.client.active + h.flows.server.active, sort: true, card: true }),
			c.count('alerts', _('Alerts'), { text: (h) => h.alerts ? format.count(h.alerts) : '–' }), c.ago('first', _('Seen since'), { sort: true }),
			c.text('as', _('Belongs to'), { get: owner, max: 110 }),
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

	if (!reply[0].total && !reply[1].total)
		return c.nothing(frame);

	update(reply);
	frame.add(page.grid(near.node, far.node), E('div', { 'class': 'weir-bar' }, [ box.node, version ]), list.node);
	c.keep(frame, 5, () => Promise.all([ load(), list.refresh() ]).then(([ reply ]) => update(reply)));
}

const reached = () => api.call('domains', Object.assign({ limit: 8 }, period.picker({}).args()));

// domains are the far ends, folded by what somebody registered.
function domains(frame, reply) {
	const picker = period.picker({ change: () => { reached().then(update); list.reset(); } }), most = page.bars(), rest = E('p');
	const find = c.find(() => list.reset());
	const list = c.list('domains', () => Object.assign({ text: find.value }, picker.args()), {
		label: _('Domains'), sort: '', key: (d) => d.domain, empty: _('No name was asked for in this time.'), link: (d) => state.link('flows', { filter: 'host:' + d.domain }),
		columns: [
			c.text('domain', _('Domain'), { card: 'title' }), c.share('share', _('Share'), { card: true }), c.split(_('Sent | received')),
			c.amount('bytes', _('Amount'), { card: true }), c.count('flows', _('Flows')), c.count('devices', _('Devices'), { card: true })
		]
	});

	const update = ({ total, domains: rows, unnamed }) => {
		frame.say(total ? _('%s domains were reached, %s most of all: %s.').format(format.count(total), rows[0].domain, format.bytes(c.both(rows[0].bytes))) :
			_('No name was asked for in this time.'));
		most.update(c.items(rows.map((d) => ({ key: d.domain, bytes: d.bytes })), null, (d) => d.key));
		rest.textContent = _('Without a name: %s in %s flows.').format(format.bytes(c.both(unnamed.bytes)), format.count(unnamed.flows));
	};

	update(reply);
	frame.tools(picker.node);
	frame.add(page.card(_('Most traffic'), most.node, rest), find, list.node);
}

const part = (at) => at.ip ? host : (at.tab == 'domains') ? { load: reached, draw: domains } : { load, draw };

return page.view({
	title: _('Hosts'),
	skeleton: [ 160, 480 ],
	back: (at) => at.ip ? { href: state.link('hosts'), text: _('Hosts') } : null,
	load: (at) => part(at).load(at),
	draw: (frame, reply, at) => {
		if (!at.ip)
			frame.add(page.tabs(TABS, at.tab || ''));

		part(at).draw(frame, reply, at);
	}
});
