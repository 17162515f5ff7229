'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

// Tabs that the pages of a device, an address and an application share. load returns
// promises, draw adds what they gave to the frame. s is what the page is about, as
// arguments of the methods: {device: 3}, {ip: '192.168.1.30'}, {app: 'netflix'}.

const about = (s) => [ api.call('activity', s).then((reply) => reply.activity) ];

// told makes a tab of what activity tells: draw returns what is shown.
const told = (title, draw) => ({ title, load: about, draw: (frame, [ a ]) => frame.add(draw(a)) });

// tally is a card of how many packets or flows there were of each kind.
function tally(title, rows) {
	return c.bars(title, rows.filter((r) => c.both(r[1])).map(([ key, v ]) => ({
		key, node: key, value: c.both(v), colour: chart.DOWN,
		text: (v.rx == null) ? format.count(v) : c.pair(v)
	})));
}

const apps = {
	title: _('Applications'),
	draw: (frame, none, s) => frame.add(c.list('apps', s, {
		label: _('Applications'), key: (a) => a.key, empty: _('No application was recognised yet.'), link: (a) => state.link('applications', { app: a.key }),
		columns: [
			c.node('key', _('Application'), { sort: true, card: 'title', node: (a) => names.app(a) }),
			c.text('category', _('Category'), { get: (a) => names.categoryLabel(a.category) }),
			c.share('share', _('Share'), { colour: (a) => 'app:' + a.key, card: true }),
			c.amount('bytes', _('Amount'), { sort: true, card: true }), c.speed('bps', _('Now'), { sort: true, card: true }), c.count('flows', _('Flows'), { sort: true })
		]
	}).node)
};

const uses = told(_('Applications'), (a) => c.bars(_('Applications of flows that are alive'), c.items(a.apps, 'app', names.app)));

const flows = {
	title: _('Flows'),
	draw: (frame, none, s) => {
		const end = (key, title) => c.node(key, title, { sort: true, get: (f) => f[key].name || f[key].ip, node: (f) => names.host(f[key]) });
		const list = c.list('flows', s, {
			id: 'flows-of', label: _('Flows'), key: (f) => f.id, empty: _('No flow is alive now.'), link: (f) => state.link('flows', { flow: f.id }),
			columns: [
				c.node('app', _('Application'), { sort: true, card: 'title', get: (f) => f.app || f.protocol, node: (f) => names.app(f.app || f.protocol) }),
				end('client', _('Client')), end('server', _('Server')), c.text('host', _('Name'), { sort: true, card: true }),
				c.text('duration', _('Duration'), { sort: true, num: true, text: (f) => format.duration(f.duration) }), c.split(_('Client | server'), [ _('client'), _('server') ]),
				c.speed('bps', _('Throughput'), { get: (f) => f.bps.now, sort: true, card: true }), c.amount('bytes', _('Amount'), { sort: true, card: true })
			]
		});

		frame.add(list.node);
		c.keep(frame, 5, list.refresh);
	}
};

const peers = told(_('Peers'), (a) => {
	const places = {};

	a.peers.forEach((p) => {
		const key = p.country || p.scope;

		places[key] = { key, bytes: c.both(p.bytes) + (places[key] ? places[key].bytes : 0) };
		p.key = p.ip;
	});

	return page.grid(
		c.bars(_('Whom it talks to, by flows that are alive'), c.items(a.peers, null, (p) =>
			E('span', {}, [ names.host(p), E('small', {}, [ p.as_name ? ' ' + p.as_name : '' ]) ]))),
		c.bars(_('Where they are'), c.items(Object.values(places).sort((x, y) => y.bytes - x.bytes), 'country',
			(p) => (p.key.length == 2) ? names.country(p.key) : c.scope(p.key))));
});

const ports = told(_('Ports'), (a) => {
	const of = (server) => c.items(a.ports.filter((p) => p.server == server).map((p) => Object.assign(p, { key: p.proto + ' ' + p.port })), null,
		(p) => E('span', {}, [ E('b', {}, [ p.key ]), ' ' + (p.service || '') ]));

	return page.grid(c.bars(_('Asks others on'), of(false), _('It asks nobody now.')), c.bars(_('Is asked on'), of(true), _('Nobody asks it now.')));
});

const packets = told(_('Packets'), ({ sizes, tcp }) => page.grid(
	tally(_('Packets by size'), sizes.map((z) => [ z.to ? _('up to %d bytes').format(z.to) : _('larger'), z.pkts ])),
	tally(_('TCP flows with the flag'), Object.entries(tcp.flags || {}).map(([ f, v ]) => [ f.toUpperCase(), v ])),
	tally(_('TCP packets that went wrong'), [ [ _('Sent again'), tcp.retrans ], [ _('Out of order'), tcp.ooo ], [ _('Lost'), tcp.lost ] ])));

const icmp = told(_('ICMP'), (a) => tally(_('Packets of ICMP, of flows that are alive'), [ [ 'ICMP', a.icmp ] ]));

const http = told(_('HTTP'), ({ http: h }) => !h ? E('p', {}, [ _('No HTTP in the clear now.') ]) : page.grid(
	tally(_('Flows'), [ [ _('as client'), h.client ], [ _('as server'), h.server ] ]),
	tally(_('First answers'), [
		[ '1xx', h.codes.informational ], [ _('2xx: fine'), h.codes.success ], [ _('3xx: elsewhere'), h.codes.redirection ],
		[ _('4xx: refused'), h.codes.client_error ], [ _('5xx: failed'), h.codes.server_error ], [ _('none yet'), h.codes.none ]
	])));

const dns = {
	title: _('DNS'),
	load: (s) => about(s).concat(s.device ? [ api.call('dns_top', { device: s.device, limit: 15 }), api.call('dns_bypass', s) ] : []),
	draw: (frame, [ { dns: d }, top, around ]) => frame.add(!d ? E('p', {}, [ _('It asked for no name that was seen.') ]) : page.grid(
		page.card(_('Questions'), page.facts([
			[ _('Asked'), format.count(d.queries) ], [ _('No such name'), format.count(d.answers.nxdomain) ],
			[ _('Failed'), format.count(d.answers.servfail + d.answers.refused) ], [ _('Without an answer'), format.count(d.lost) ],
			[ _('Time until the answer'), format.ms(d.ms.mean) ],
			[ _('Talks to without asking'), _('%s flows, %s').format(format.count(d.strangers.flows), format.bytes(d.strangers.bytes)) ]
		])),
		...(top ? [
			tally(_('Asks for most'), top.names.map((n) => [ n.name, n.count ])),
			around.bypasses.length ? tally(_('Asks others than the router'), around.bypasses.map((b) => [ b.resolver + ' ' + b.via, b.count ])) : ''
		] : [])))
};

// The API's week begins on Sunday, the picture's on Monday.
const activity = told(_('Activity'), ({ week }) => page.card(_('Hours of the week, last four weeks'), week ?
	chart.heat(week.slice(1).concat(week.slice(0, 1)).map((day) => day.map((v) => c.both(v) || 0)), _('Traffic by day and hour')) :
	E('p', {}, [ _('There is a history of devices only.') ])));

// history draws a member of a class over a time that can be chosen.
const history = {
	title: _('History'),
	draw: (frame, none, s) => {
		const kind = Object.keys(s)[0], key = s[kind], picker = period.picker({ change: () => watch.now() });
		const area = chart.area({ label: _('Amount over time'), unit: 'bytes', legend: false, zoom: picker.zoom });
		const ask = (metric) => api.call('series', Object.assign({ 'class': (kind == 'app') ? 'application' : kind, key, metric, points: 200 }, picker.args()));
		const watch = api.poll(frame.node, 60, () => Promise.all([
			ask('rx_bytes'), ask('tx_bytes'), api.call('events', picker.args())
		]).then(([ rx, tx, { events } ]) => area.update({
			start: rx.start, step: rx.step, starts: rx.starts, series: [ { key: kind + ':' + key, label: rx.label || key, rx: rx.values, tx: tx.values } ], marks: events.map((e) => ({ ts: e.at, text: e.text }))
		})));

		frame.tools(picker.node);
		frame.add(page.card(_('Amount over time'), area.node));
	}
};

// of is the tabs of a page, one of which the address names, else the first. A tab
// whose fits says no is left out.
function of(all) {
	const now = (at) => all[at.tab] || Object.values(all)[0];

	return {
		load: (at, s) => now(at).load ? now(at).load(s) : [],
		draw(frame, replies, at, s, what, ...more) {
			const keys = Object.keys(all).filter((key) => !all[key].fits || all[key].fits(what));

			frame.add(page.tabs(keys.map((key) => ({ key, title: all[key].title })), at.tab || keys[0]));
			now(at).draw(frame, replies, s, what, ...more);
		}
	};
}

return baseclass.extend({ of, apps, uses, flows, peers, ports, packets, icmp, http, dns, activity, history });
