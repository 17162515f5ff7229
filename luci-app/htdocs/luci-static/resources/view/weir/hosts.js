'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.domains as domains';
'require weir.filter as filter';
'require weir.format as format';
'require weir.host as host';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

const FILTERS = [ 'name', 'device', 'ip', 'mac', 'iface', 'vlan', 'zone', 'network', 'min_bytes', 'text' ];

const SCOPES = [
	{ key: '', title: _('All') }, { key: 'local', title: _('In the house') }, { key: 'remote', title: _('Outside') },
	{ key: 'multicast', title: _('Multicast') }, { key: 'broadcast', title: _('Broadcast') }, { key: 'domains', title: _('Domains') }
];

function busiest(scope) {
	return api.call('hosts', { scope: scope, sort: 'bps', limit: 5 });
}

function bars(title) {
	const list = page.bars({});

	return {
		node: page.card(title, list.node),
		update: (hosts) => list.update(hosts.filter((h) => columns.both(h.bps)).map((h) => ({
			key: h.ip, node: names.host(h), value: columns.both(h.bps), text: format.rate(columns.both(h.bps)),
			colour: chart.colour(h.device ? 'device:' + h.device : 'ip:' + h.ip)
		})))
	};
}

function table(box, at) {
	return columns.list('hosts', {
		label: _('Addresses'), sort: '-bytes', key: (h) => h.ip, empty: _('No address fits.'),
		args: () => Object.assign({ scope: at.tab, ipver: at.ipver }, box.args()),
		link: (h) => state.link('hosts', { ip: h.ip }),
		columns: [
			{ key: 'ip', title: _('Address'), sort: 'ip', card: 'title', csv: (h) => h.ip, dep: (h) => h.ip,
			  node: (h) => E('a', { 'href': state.link('hosts', { ip: h.ip }) }, [ h.ip ]) },
			columns.text('name', _('Name'), host.name, { sort: 'name', card: true }),
			columns.text('scope', _('Where'), (h) => host.scope(h)),
			columns.count('flows', _('Flows'), (h) => h.flows.client.active + h.flows.server.active, { sort: 'flows', card: true }),
			columns.ago('first', _('Seen since'), { sort: 'first' }),
			columns.text('as', _('Network'), (h) => h.as_name || (h.asn ? 'AS' + h.asn : null)),
			columns.split('split', _('Sent | received'), (h) => h.bytes, [ _('sent'), _('received') ]),
			columns.speed('bps', _('Throughput'), (h) => h.bps, { sort: 'bps' }),
			columns.amount('bytes', _('Traffic'), (h) => h.bytes, { sort: 'bytes', card: true }),
			columns.text('mac', _('Hardware address'), (h) => h.mac, { hidden: true }),
			columns.text('iface', _('Interface'), (h) => h.iface, { hidden: true }),
			columns.ago('last', _('Last seen'), { sort: 'last', hidden: true })
		]
	});
}

function draw(frame, [ inside, outside ], at) {
	const box = filter.box({ keys: FILTERS, hint: _('Address, name …'), change: () => list.reset() });
	const list = table(box, at), near = bars(_('Busiest in the house')), far = bars(_('Busiest outside'));
	const version = E('select', { 'aria-label': _('IP version'), 'change': (ev) => state.set({ ipver: ev.target.value }) },
		[ [ '', _('IPv4 and IPv6') ], [ '4', 'IPv4' ], [ '6', 'IPv6' ] ].map(([ key, title ]) =>
			E('option', { 'value': key, 'selected': (at.ipver || '') == key || null }, [ title ])));

	const update = ([ inside, outside ]) => {
		const top = outside.hosts[0], said = _('%s addresses in the house talk to %s outside.').format(format.count(inside.total), format.count(outside.total));

		frame.say(top && columns.both(top.bps) ?
			said + ' ' + _('Most goes to and from %s: %s.').format(host.name(top) || top.ip, format.rate(columns.both(top.bps))) : said);
		near.update(inside.hosts);
		far.update(outside.hosts);
	};

	update([ inside, outside ]);
	frame.add(page.tabs(SCOPES, at.tab || ''), page.grid(near.node, far.node), E('div', { 'class': 'weir-bar' }, [ box.node, version ]), list.node);
	frame.live(api.poll(frame.node, 5, () => Promise.all([ busiest('local'), busiest('remote'), list.refresh() ]).then(update)));
}

const part = (at) => at.ip ? host : at.tab == 'domains' ? domains : { load: () => Promise.all([ busiest('local'), busiest('remote') ]), draw };

return page.view({
	title: _('Hosts'),
	skeleton: [ 160, 480 ],
	back: (at) => at.ip ? { href: state.link('hosts'), text: _('Hosts') } : null,
	load: (at) => part(at).load(at),
	draw: (frame, reply, at) => part(at).draw(frame, reply, at)
});
