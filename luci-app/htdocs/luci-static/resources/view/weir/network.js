'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.local as local';
'require weir.names as names';
'require weir.page as page';

const STEPS = [ { key: '', title: _('Last hour') }, { key: 'hour', title: _('Last day') }, { key: 'day', title: _('Last 30 days') } ];
const OPENED = { redirect: _('port forward'), rule: _('firewall rule'), upnp: 'UPnP', 'nat-pmp': 'NAT-PMP' };
const VERDICTS = { accept: _('allowed'), reject: _('refused'), drop: _('dropped') };

function say(frame, nat, covered) {
	const pct = covered.map((u) => u.points.reduce((last, p) => p.pct ?? last, null)).filter((x) => x != null);
	const to = [ ...new Set(nat.nat.map((n) => n.target.name || n.target.ip || _('any address'))) ].slice(0, 3).join(', ');
	const open = nat.total ? _('%s ports lead into the house, to %s.').format(format.count(nat.total), to) : _('No port leads into the house.');

	frame.say(pct.length ? open + ' ' + _('%s of what the line carried is attributed.').format(format.percent(Math.min(...pct))) : open);
}

// zones shows what passed from each zone of the firewall to each other one, and what
// lets it pass.
function zones({ rows, columns, policies }) {
	const all = [ ...new Set((policies || []).flatMap((p) => [ p.from, p.to ]).concat(rows.map((r) => r.key), columns.map((r) => r.key))) ];
	const max = Math.max(1, ...rows.flatMap((r) => r.cells)), zone = (key) => (key == 'router') ? _('this router') : key;

	const cell = (from, to) => {
		const row = rows.find((r) => r.key == from), i = columns.findIndex((r) => r.key == to), moved = (row && row.cells[i]) || 0;
		const p = (policies || []).find((p) => p.from == from && p.to == to), by = p ? p.by.map((b) => b.name) : [];
		const some = by.slice(0, 2).join(', ') + (by.length > 2 ? ' …' : '');

		return E('td', { 'title': by.join(', ') }, [
			E('b', {}, [ moved ? format.bytes(moved) : '–' ]), moved ? chart.bar(moved / max) : E('br'),
			E('small', {}, [ !p ? '' : !some ? VERDICTS[p.verdict] : (p.verdict == 'accept') ? _('allowed: %s').format(some) : _('only %s').format(some) ])
		]);
	};
	return !all.length ? E('p', {}, [ _('No zone of a firewall is known.') ]) : E('div', { 'class': 'weir-matrix', 'tabindex': 0, 'role': 'group', 'aria-label': _('Between zones, last day') }, [ E('table', {}, [
		E('tr', {}, [ E('td', {}, [ _('from ↓ to →') ]) ].concat(all.map((to) => E('th', { 'scope': 'col' }, [ zone(to) ])))),
		...all.map((from) => E('tr', {}, [ E('th', { 'scope': 'row' }, [ zone(from) ]) ].concat(all.map((to) => cell(from, to)))))
	]) ]);
}

// ports lists what leads into the house, and who opened it.
function ports(get) {
	return local.list(get, {
		id: 'nat', label: _('Open ports'), sort: '-hits', key: (n) => [ n.proto, n.port, n.target.ip, n.name ].join(' '), empty: _('No port leads into the house.'),
		columns: [
			c.text('port', _('Port'), { card: 'title', get: (n) => (n.port == null) ? _('all') : (n.last_port == n.port) ? n.port : n.port + '–' + n.last_port }),
			c.text('proto', _('Protocol')),
			c.node('target', _('Leads to'), { card: true, get: (n) => n.target.name || n.target.ip, node: (n) => n.target.ip ? names.host(n.target) : _('any address') }),
			c.text('by', _('Opened by'), { card: true, get: (n) => n.name ? n.name + ', ' + OPENED[n.opened_by] : OPENED[n.opened_by] }),
			c.count('hits', _('Connections'), { card: true }), c.amount('bytes', _('Amount')), c.ago('last', _('Last used')),
			c.text('expires', _('Closes'), { get: (n) => n.expires ? format.datetime(n.expires) : _('never') })
		]
	});
}

function interfaces(get) {
	return local.list(get, {
		id: 'interfaces', label: _('Interfaces'), sort: 'name', key: (i) => i.name, empty: _('Nothing is watched.'),
		columns: [
			c.text('name', _('Interface'), { card: 'title' }), c.speed('bps', _('Now'), { card: true }), c.count('pps', _('Packets/s')),
			c.amount('bytes', _('Amount'), { card: true }), c.count('flows', _('Flows')), c.count('malformed', _('Malformed')),
			c.ago('last_packet', _('Last packet'), { card: true })
		]
	});
}

function coverage(u) {
	const line = chart.area({ label: _('Attributed of what %s carried').format(u.uplink), height: 140, lines: true, legend: false, unit: format.percent });

	line.update({ start: u.points[0] && u.points[0].start, starts: u.points.map((p) => p.start), step: { minute: 60, hour: 3600, day: 86400 }[u.step],
		series: [ { key: 'uplink:' + u.uplink, label: u.uplink, values: u.points.map((p) => p.pct) } ] });

	return page.card(_('Attributed of what %s carried').format(u.uplink), u.points.some((p) => p.pct != null) ? line.node : E('p', {}, [ _('Nothing was measured yet.') ]),
		E('p', {}, [ u.method ]), E('ul', {}, u.reasons.map((r) => E('li', {}, [ r.text + ' ', E('small', {}, [ r.active ? _('now') : format.ago(r.last) ]) ]))));
}

const ask = () => [ api.call('nat', { limit: 200 }), api.call('interfaces') ];

return page.view({
	title: _('Network'),
	skeleton: [ 160, 240, 160, 200 ],
	load: (at) => Promise.all([ ...ask(), api.call('coverage', { step: at.tab }), api.call('matrix', { 'class': 'zone_zone' }) ]),
	draw: (frame, [ nat, points, covered, matrix ], at) => {
		const doors = ports(() => nat.nat), watched = interfaces(() => points.interfaces);

		say(frame, nat, covered.coverage);
		frame.add(page.card(_('Between zones, last day'), zones(matrix)), page.card(_('Ports that lead into the house'), doors.node),
			page.card(_('Interfaces'), watched.node), page.tabs(STEPS, at.tab || ''), ...covered.coverage.map(coverage));
		c.keep(frame, 5, () => Promise.all(ask()).then((now) => {
			[ nat, points ] = now;

			return Promise.all([ doors.refresh(), watched.refresh() ]);
		}));
	}
});
