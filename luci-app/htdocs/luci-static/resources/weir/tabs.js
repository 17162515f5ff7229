'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

// Tabs that the pages of a device, an address and an application share. load returns
// promises, draw adds what they gave to the frame. s is what the page is about, as
// arguments of the methods: {device: 3}, {ip: '192.168.1.30'}, {app: 'netflix'}.

const both = columns.both;
const about = (s) => [ api.call('activity', s).then((reply) => reply.activity) ];
const nothing = () => [];

// bars makes rows for page.bars of what has a key and bytes.
function bars(rows, kind, node) {
	return rows.map((r) => ({
		key: r.key, node: node(r), value: both(r.bytes), text: format.bytes(both(r.bytes)), colour: kind ? chart.colour(kind + ':' + r.key) : chart.DOWN
	}));
}

function barcard(title, items, none) {
	const list = page.bars();

	list.update(items);

	return page.card(title, items.length ? list.node : E('p', {}, [ none || _('Nothing yet.') ]));
}

// tally is a card of how many packets or flows there were of each kind.
function tally(title, rows) {
	return barcard(title, rows.filter(([ , v ]) => both(v)).map(([ key, v ]) => ({
		key, node: key, value: both(v), colour: chart.DOWN,
		text: (v.rx == null) ? format.count(v) : _('%s sent, %s received').format(format.count(v.tx), format.count(v.rx))
	})));
}

const apps = {
	title: _('Applications'),
	load: (s) => s.device ? nothing() : about(s),
	draw: (frame, [ a ], s) => frame.add(a ? barcard(_('Applications of flows that are alive'), bars(a.apps, 'app', names.app)) : columns.list('apps', {
		label: _('Applications'), args: s, sort: '-bytes', key: (a) => a.key, empty: _('No application was recognised yet.'),
		link: (a) => state.link('applications', { app: a.key }),
		columns: [
			{ key: 'app', title: _('Application'), sort: 'key', card: 'title', node: (a) => names.app(a), dep: (a) => a.key, csv: (a) => a.key },
			columns.text('category', _('Category'), (a) => names.categoryLabel(a.category)),
			columns.share('share', _('Share'), (a) => a.share, (a) => chart.colour('app:' + a.key), { card: true }),
			columns.amount('bytes', _('Amount'), (a) => a.bytes, { sort: 'bytes', card: true }),
			columns.speed('bps', _('Now'), (a) => a.bps, { sort: 'bps', card: true }),
			columns.count('flows', _('Flows'), (a) => a.flows, { sort: 'flows' })
		]
	}).node)
};

const flows = {
	title: _('Flows'),
	load: nothing,
	draw: (frame, none, s) => {
		const app = (f) => f.app || f.protocol;
		const end = (key, title) => ({ key, title, sort: key, node: (f) => names.host(f[key]), dep: (f) => f[key].name || '', csv: (f) => f[key].ip });
		const list = columns.list('flows', {
			id: 'flows-of', label: _('Flows'), args: s, sort: '-bytes', key: (f) => f.id, empty: _('No flow is alive now.'),
			link: (f) => state.link('flows', { flow: f.id }),
			columns: [
				{ key: 'app', title: _('Application'), sort: 'app', card: 'title', node: (f) => names.app(app(f)), dep: app, csv: app },
				end('client', _('Client')), end('server', _('Server')),
				columns.text('host', _('Name'), (f) => f.host, { sort: 'host', card: true }),
				{ key: 'duration', title: _('Duration'), sort: 'duration', num: true, text: (f) => format.duration(f.duration), csv: (f) => f.duration },
				columns.split('split', _('Client | server'), (f) => f.bytes, [ _('client'), _('server') ]),
				columns.speed('bps', _('Throughput'), (f) => f.bps.now, { sort: 'bps', card: true }),
				columns.amount('bytes', _('Amount'), (f) => f.bytes, { sort: 'bytes', card: true })
			]
		});

		frame.add(list.node);
		frame.live(api.poll(frame.node, 5, list.refresh));
	}
};

const peers = {
	title: _('Peers'),
	load: about,
	draw: (frame, [ a ]) => {
		const places = {};

		a.peers.forEach((p) => {
			const key = p.country || p.scope;

			places[key] = places[key] || { key, bytes: 0 };
			places[key].bytes += both(p.bytes);
		});
		frame.add(page.grid(
			barcard(_('Whom it talks to, by flows that are alive'), bars(a.peers.map((p) => Object.assign({ key: p.ip }, p)), null,
				(p) => E('span', {}, [ names.host(p), E('small', {}, [ p.as_name ? ' ' + p.as_name : '' ]) ]))),
			barcard(_('Where they are'), bars(Object.values(places).sort((x, y) => y.bytes - x.bytes), 'country',
				(p) => (p.key.length == 2) ? names.country(p.key) : columns.scope(p.key)))
		));
	}
};

const ports = {
	title: _('Ports'),
	load: about,
	draw: (frame, [ a ]) => {
		const of = (server) => bars(a.ports.filter((p) => p.server == server).map((p) => Object.assign({ key: p.proto + p.port }, p)), null,
			(p) => E('span', {}, [ E('b', {}, [ p.proto + ' ' + p.port ]), ' ' + (p.service || '') ]));

		frame.add(page.grid(barcard(_('Asks others on'), of(false), _('It asks nobody now.')), barcard(_('Is asked on'), of(true), _('Nobody asks it now.'))));
	}
};

const packets = {
	title: _('Packets'),
	load: about,
	draw: (frame, [ a ]) => frame.add(page.grid(
		tally(_('Packets by size'), a.sizes.map((z) => [ z.to ? _('up to %d bytes').format(z.to) : _('larger'), z.pkts ])),
		tally(_('TCP flows with the flag'), Object.keys(a.tcp.flags || {}).map((f) => [ f.toUpperCase(), a.tcp.flags[f] ])),
		tally(_('TCP packets that went wrong'), [ [ _('Sent again'), a.tcp.retrans ], [ _('Out of order'), a.tcp.ooo ], [ _('Lost'), a.tcp.lost ] ])
	))
};

const icmp = {
	title: _('ICMP'),
	load: about,
	draw: (frame, [ a ]) => frame.add(tally(_('Packets of ICMP in flows that are alive'), [ [ 'ICMP', a.icmp ] ]))
};

const http = {
	title: _('HTTP'),
	load: about,
	draw: (frame, [ a ]) => frame.add(!a.http ? E('p', {}, [ _('No HTTP in the clear now.') ]) : page.grid(
		tally(_('Flows'), [ [ _('as client'), a.http.client ], [ _('as server'), a.http.server ] ]),
		tally(_('First answers'), [
			[ '1xx', a.http.codes.informational ], [ _('2xx: fine'), a.http.codes.success ], [ _('3xx: elsewhere'), a.http.codes.redirection ],
			[ _('4xx: refused'), a.http.codes.client_error ], [ _('5xx: failed'), a.http.codes.server_error ], [ _('none yet'), a.http.codes.none ]
		])))
};

const dns = {
	title: _('DNS'),
	load: (s) => about(s).concat(s.device ? [ api.call('dns_top', { device: s.device, limit: 15 }), api.call('dns_bypass', s) ] : []),
	draw: (frame, [ a, top, around ]) => {
		const d = a.dns;

		if (!d)
			return frame.add(E('p', {}, [ _('It asked for no name that was seen.') ]));

		frame.add(page.grid(page.card(_('Questions'), page.facts([
			[ _('Asked'), format.count(d.queries) ], [ _('No such name'), format.count(d.answers.nxdomain) ],
			[ _('Failed'), format.count(d.answers.servfail + d.answers.refused) ], [ _('Without an answer'), format.count(d.lost) ],
			[ _('Time until the answer'), format.ms(d.ms.mean) ],
			[ _('Talks to without asking'), _('%s flows, %s').format(format.count(d.strangers.flows), format.bytes(d.strangers.bytes)) ]
		])), ...(top ? [
			barcard(_('Asks for most'), top.names.map((n) => ({ key: n.name, node: n.name, value: n.count, text: format.count(n.count), colour: chart.DOWN }))),
			barcard(_('Asks others than the router'), around.bypasses.map((b) => ({
				key: b.resolver + b.via, node: names.host({ ip: b.resolver }), value: b.count, text: b.via.toUpperCase() + ' ' + format.count(b.count), colour: chart.UP
			})), _('It asks nobody else.'))
		] : [])));
	}
};

const activity = {
	title: _('Activity'),
	load: about,
	draw: (frame, [ a ]) => frame.add(page.card(_('Hours of the week, last four weeks'), a.week ?
		chart.heat(a.week.slice(1).concat(a.week.slice(0, 1)).map((day) => day.map((v) => both(v) || 0)), _('Traffic by day and hour')) :
		E('p', {}, [ _('There is a history of devices only.') ])))
};

// history draws a member of a class over a time that can be chosen.
const history = {
	title: _('History'),
	load: nothing,
	draw: (frame, none, s) => {
		const [ kind, key ] = s.device ? [ 'device', s.device ] : s.app ? [ 'application', s.app ] : [ 'category', s.category ];
		const picker = period.picker({ change: () => watch.now() });
		const area = chart.area({ label: _('Amount over time'), unit: 'bytes', legend: false, zoom: picker.zoom });
		const ask = (metric) => api.call('series', Object.assign({ 'class': kind, key, metric, points: 200 }, picker.args()));
		const watch = api.poll(frame.node, 60, () => Promise.all([ ask('rx_bytes'), ask('tx_bytes') ]).then(([ rx, tx ]) => area.update({
			start: rx.start, step: rx.step, starts: rx.starts,
			series: [ { key: (s.app ? 'app' : kind) + ':' + key, label: rx.label || key, rx: rx.values, tx: tx.values } ]
		})));

		frame.tools(picker.node);
		frame.add(page.card(_('Amount over time'), area.node));
	}
};

return baseclass.extend({ bars, barcard, apps, flows, peers, ports, packets, icmp, http, dns, activity, history });
