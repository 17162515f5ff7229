'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.table as table';
'require weir.tabs as tabs';

// The page of one address: the hosts page with an address in its own.

const ROW = 30, MOST = 12; // height and number of who is in the picture of talkers

// name is what an address is called, with a second name in brackets.
function name(h) {
	return (h.name && h.host && h.host != h.name) ? h.name + ' [' + h.host + ']' : h.name || h.host;
}

const keyOf = (end) => end.device ? 'device:' + end.device : end.ip;

// ends sums up the flows of each client or server, largest first.
function ends(flows, side) {
	const of = {};

	flows.forEach((f) => {
		const key = keyOf(f[side]);

		of[key] = of[key] || { key, bytes: 0, end: Object.assign({}, f[side], { name: f[side].name || (side == 'server' ? f.host : null) }) };
		of[key].bytes += c.both(f.bytes);
	});

	return Object.values(of).sort((a, b) => b.bytes - a.bytes).slice(0, MOST);
}

function side(rows, align) {
	return E('div', {}, rows.map((r) => {
		const node = E('div', { 'title': format.bytes(r.bytes) }, [ names.host(r.end) ]);

		Object.assign(node.style, { lineHeight: ROW + 'px', height: ROW + 'px', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', textAlign: align });

		return node;
	}));
}

// talkers shows clients on the left, servers on the right, and between them lines as
// thick as what was moved.
function talkers(flows) {
	const left = ends(flows, 'client'), right = ends(flows, 'server'), links = {}, height = Math.max(left.length, right.length) * ROW;
	const y = (i) => (i + 0.5) * ROW, label = ({ end }) => end.name || end.ip;

	flows.forEach((f) => {
		const a = left.findIndex((r) => r.key == keyOf(f.client)), b = right.findIndex((r) => r.key == keyOf(f.server)), key = a + ' ' + b;

		if (a >= 0 && b >= 0)
			(links[key] = links[key] || { a, b, bytes: 0, app: f.app || f.protocol }).bytes += c.both(f.bytes);
	});

	const all = Object.values(links), max = Math.max(1, ...all.map((l) => l.bytes));
	const text = (l) => _('%s to %s: %s, %s').format(label(left[l.a]), label(right[l.b]), format.bytes(l.bytes), names.appLabel(l.app));
	const lines = chart.svg('svg', { viewBox: '0 0 100 ' + height, width: '100%', height, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, all.map((l) =>
		chart.svg('path', { d: 'M0 ' + y(l.a) + 'C50 ' + y(l.a) + ' 50 ' + y(l.b) + ' 100 ' + y(l.b), fill: 'none', stroke: chart.colour('app:' + l.app),
			'stroke-width': 1 + 11 * Math.sqrt(l.bytes / max), 'stroke-opacity': 0.7, 'vector-effect': 'non-scaling-stroke' }, [ chart.svg('title', {}, [ text(l) ]) ])));
	const node = E('div', {}, [ side(left, 'right'), lines, side(right, 'left') ]);

	Object.assign(node.style, { display: 'grid', gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 2fr) minmax(0, 3fr)', columnGap: '6px' });

	return [ node, E('ul', { 'class': 'weir-sr' }, all.map((l) => E('li', {}, [ text(l) ]))) ];
}

const traffic = {
	title: _('Traffic'),
	draw: (frame, none, s, h) => {
		const numbers = c.numbers(_('Receives'), _('Sends'), _('Traffic'), _('Flows')), split = chart.split(h.bytes.tx, h.bytes.rx);
		const counts = (n) => _('%s alive, %s in all, %s with little payload').format(format.count(n.active), format.count(n.total), format.count(n.low_goodput));
		const packets = (n) => _('%s packets').format(format.count(n));

		const update = ({ host: h }) => {
			numbers.set([ format.rate(h.bps.rx), packets(h.pkts.rx) ], [ format.rate(h.bps.tx), packets(h.pkts.tx) ], [ format.bytes(c.both(h.bytes)), [ split ] ],
				[ format.count(h.flows.client.active + h.flows.server.active) ]);
			chart.redraw(split, h.bytes.tx, h.bytes.rx);
		};

		update({ host: h });
		frame.add(numbers.node, page.card(_('Facts'), page.facts([
			[ _('Where'), c.scope(h.scope) ], [ _('Device'), h.device && names.device({ id: h.device, name: h.name }) ], [ _('Hardware address'), h.mac ],
			[ _('Interface'), h.iface ], [ _('Zone'), h.zone ], [ _('Network'), h.network ], [ _('Country'), h.country && names.country(h.country) ],
			[ _('Belongs to'), h.asn && names.asn(h.asn, h.as_name) ], [ _('First seen'), format.datetime(h.first) ], [ _('Last seen'), format.datetime(h.last) ],
			[ _('Flows as client'), counts(h.flows.client) ], [ _('Flows as server'), counts(h.flows.server) ], [ _('Alerts'), h.alerts || null ],
			[ _('Sent again'), c.pair(h.tcp.retrans) ], [ _('Out of order'), c.pair(h.tcp.ooo) ], [ _('Lost'), c.pair(h.tcp.lost) ]
		])));
		c.keep(frame, 5, () => api.call('host', s).then(update));
	}
};

const talk = {
	title: _('Talkers'),
	load: (s) => [ api.call('flows', { ip: s.ip, limit: 200 }) ],
	draw: (frame, [ { flows } ]) => frame.add(page.card(_('Who talks to whom, by flows that are alive'), ...(flows.length ? talkers(flows) : [ _('No flow is alive now.') ])))
};

const { packets, ports, peers, icmp, uses, activity, dns, http, flows } = tabs;
const all = tabs.of({ traffic, packets, ports, peers, icmp, apps: uses, activity, dns, http, flows, talkers: talk });

function load(at) {
	const s = { ip: at.ip };

	return Promise.all([ api.call('host', s), ...all.load(at, s) ]);
}

function draw(frame, [ { host: h }, ...more ], at) {
	const label = name(h) || h.ip, save = () => table.download('weir-' + h.ip + '.json', JSON.stringify(h, null, '\t'), 'application/json');

	frame.title([ (label == h.ip) ? label : label + ' (' + h.ip + ')' ]);
	frame.say(c.both(h.bps) ? _('%s (%s) receives %s and sends %s.').format(label, c.scope(h.scope), format.rate(h.bps.rx), format.rate(h.bps.tx)) :
		_('%s (%s) is quiet. It was last seen %s.').format(label, c.scope(h.scope), format.ago(h.last)));
	frame.tools(page.button(_('JSON'), save));
	all.draw(frame, more, at, { ip: at.ip }, h);
}

return baseclass.extend({ load, draw, name });
