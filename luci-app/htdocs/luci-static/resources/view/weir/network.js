'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

const STEPS = [ { key: '', title: _('Last hour') }, { key: 'hour', title: _('Last day') }, { key: 'day', title: _('Last 30 days') } ];
const OPENED = { redirect: _('port forward'), rule: _('firewall rule'), upnp: 'UPnP', 'nat-pmp': 'NAT-PMP' };

function say(frame, nat, covered) {
	const pct = covered.map((c) => c.points.reduce((last, p) => p.pct ?? last, null)).filter((x) => x != null);
	const open = nat.total ? _('%s ports lead into the house.').format(format.count(nat.total)) : _('No port leads into the house.');

	frame.say(pct.length ? open + ' ' + _('%s of what the line carried is attributed.').format(format.percent(Math.min(...pct))) : open);
}

// ports lists what leads into the house, and who opened it.
function ports() {
	const target = (n) => n.target.ip ? names.host({ ip: n.target.ip, device: n.target.device, name: n.target.name }) : _('any address');

	return columns.list('nat', {
		label: _('Open ports'), key: (n) => [ n.proto, n.port, n.target.ip, n.name ].join(' '), tools: false,
		empty: _('No port leads into the house.'),
		columns: [
			columns.text('port', _('Port'), (n) => n.port == null ? _('all') : n.port + (n.last_port != n.port ? '–' + n.last_port : ''), { card: 'title' }),
			columns.text('proto', _('Protocol'), (n) => n.proto),
			{ key: 'target', title: _('Leads to'), card: true, node: target, dep: (n) => n.target.ip + n.target.name, csv: (n) => n.target.ip },
			columns.text('by', _('Opened by'), (n) => n.name ? _('%s, %s').format(n.name, OPENED[n.opened_by]) : OPENED[n.opened_by], { card: true }),
			columns.count('hits', _('Connections'), (n) => n.hits, { card: true }),
			columns.amount('bytes', _('Amount'), (n) => n.bytes),
			columns.ago('last', _('Last used')),
			columns.text('expires', _('Closes'), (n) => n.expires ? format.datetime(n.expires) : _('never'))
		]
	});
}

function interfaces() {
	return columns.list('interfaces', {
		label: _('Interfaces'), key: (i) => i.name, paged: false, tools: false, empty: _('Nothing is watched.'),
		columns: [
			columns.text('name', _('Interface'), (i) => i.name, { card: 'title' }),
			columns.speed('bps', _('Now'), (i) => i.bps, { card: true }),
			columns.count('pps', _('Packets/s'), (i) => i.pps),
			columns.amount('bytes', _('Amount'), (i) => i.bytes, { card: true }),
			columns.count('flows', _('Flows'), (i) => i.flows),
			columns.count('malformed', _('Malformed'), (i) => i.malformed),
			columns.ago('last_packet', _('Last packet'), { card: true })
		]
	});
}

function coverage(c) {
	const node = E('div'), line = chart.area({
		label: _('Attributed of %s').format(c.uplink), height: 140, lines: true, legend: false, unit: (x) => format.percent(x)
	});

	line.update({ start: c.points.length ? c.points[0].start : 0, step: { minute: 60, hour: 3600, day: 86400 }[c.step], starts: c.points.map((p) => p.start),
		series: [ { key: 'uplink:' + c.uplink, label: c.uplink, values: c.points.map((p) => p.pct) } ] });

	return page.card(_('Attributed of what %s carried').format(c.uplink), c.points.some((p) => p.pct != null) ? line.node : E('p', {}, [ _('Nothing was measured yet.') ]),
		E('p', {}, [ c.method ]), E('ul', {}, c.reasons.map((r) => E('li', { 'class': r.active ? '' : 'weir-faint' }, [
			r.text, ' ', format.withTitle(r.active ? _('(now)') : '(' + format.ago(r.last) + ')', format.datetime(r.since)) ]))));
}

function draw(frame, [ covered, nat, matrix ], at) {
	const doors = ports(), points = interfaces();

	say(frame, nat, covered.coverage);
	frame.add(page.card(_('Ports that lead into the house'), doors.node),
		page.card(_('Interfaces'), points.node), page.tabs(STEPS, at.tab || ''), page.grid(...covered.coverage.map(coverage)));
	frame.live(api.poll(frame.node, 5, () => Promise.all([ points.refresh(), doors.refresh() ])));
}

return page.view({
	title: _('Network'),
	skeleton: [ 160, 240, 160, 200 ],
	load: (at) => Promise.all([ api.call('coverage', { step: at.tab }), api.call('nat', { limit: 1 }), api.call('matrix', { 'class': 'zone' }) ]),
	draw: draw
});
