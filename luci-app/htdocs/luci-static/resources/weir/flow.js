'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';
'require weir.table as table';

// The page of one flow, alive or ended, and the words that flows are told in.

const STATES = {
	S0: _('asked, not answered'), S1: _('open'), SF: _('ended as it should'), REJ: _('refused'), S2: _('the client has closed its side'), S3: _('the server has closed its side'),
	RSTO: _('broken off by the client'), RSTR: _('broken off by the server'), RSTOS0: _('asked, then given up'), RSTRH: _('refused late'), SH: _('half seen: the client closed'),
	SHR: _('half seen: the server closed'), OTH: _('began before it was watched')
};
const FLAGS = { F: 'FIN', S: 'SYN', R: 'RST', P: 'PSH', A: 'ACK', U: 'URG', E: 'ECE', C: 'CWR' };
const KNOWN_BY = {
	content: _('by what was said'), guess: _('by the shape of what was said'), port: _('by its port, a hint only'), own: _('as configured'), name: _('by the name asked for'),
	network: _('by the network'), dns: _('by an answer to the client'), house: _('by an answer to somebody else in the house'), reverse: _('by what the owner of the address calls it'),
	link: _('as the server announced itself')
};
const POINTS = 120; // of the throughput while the page is open

// seen are rows that the list has shown: what has ended cannot be asked for by id.
const seen = new Map();

function remember(rows) {
	seen.clear();
	rows.forEach((f) => seen.set(String(f.id), f));
}

function address(f) {
	return state.link('flows', { flow: f.id, ip: f.client.ip, at: f.last, tab: state.get().tab });
}

function what(f) { return { key: f.app || f.protocol || 'unknown', category: f.category }; }

function protocol(f) {
	const proto = f.proto.toUpperCase();

	return (f.protocol && f.protocol != f.proto) ? proto + ' / ' + names.appLabel(f.protocol) : proto;
}

// told is the most telling text of what was said.
function told(f) {
	const i = f.info || {};

	return i.url ? (i.method || '') + ' ' + (f.host || '') + i.url : f.host || i.subject || (f.server.scope == 'remote' && f.server.name || '');
}

function port(end, proto) {
	const service = names.service(end.port, proto);

	return (end.port == null) ? '' : ':' + (service || end.port);
}

function end(e, proto) {
	const service = names.service(e.port, proto), port = (e.port == null) ? null : _('port %s').format(e.port) + (service ? ' (' + service + ')' : '');

	return [ names.host(e), ' ', E('span', { 'class': 'weir-note' }, [ [ e.name || e.host ? e.ip : null, port ].filter((t) => t).join(', ') ]) ];
}

function flags(letters) {
	return letters ? letters.split('').map((l) => FLAGS[l] || l).join(' ') : '–';
}

function known(text, by) { return (text == null) ? null : by ? text + ' (' + (KNOWN_BY[by] || by) + ')' : text; }

function sides(v, show) { return v ? '→ ' + show(v.tx) + '  ← ' + show(v.rx) : null; }

function tuple(t) { return t.src + (t.sport == null ? '' : ':' + t.sport) + ' → ' + t.dst + (t.dport == null ? '' : ':' + t.dport); }

function waits(w) { return w ? format.ms(w.min) + ' / ' + format.ms(w.avg) + ' / ' + format.ms(w.max) : null; }

function sentence(f) {
	const sum = f.bytes.tx + f.bytes.rx, pay = (f.goodput_pct == null) ? '' : ' ' + _('%s of it is payload.').format(format.percent(f.goodput_pct));
	const gone = f.ended ? ' ' + _('It has ended.') : f.completed ? ' ' + _('It is completed and will expire soon.') : '';

	return page.phrase(_('%s and %s: %s, %s in %s.'), names.host(f.client), names.host(f.server), names.app(what(f)), format.bytes(sum), format.duration(f.duration)).concat(pay, gone);
}

function cards(f) {
	const i = f.info || {}, tcp = f.tcp, nat = f.nat, code = f.server.country || f.client.country, as = f.server.asn || f.client.asn;
	const section = (title, rows) => rows.some((r) => r[1] != null && r[1] !== '') ? page.card(title, page.facts(rows)) : '';

	return [
		section(_('Who and what'), [
			[ _('Client'), end(f.client, f.proto) ], [ _('Server'), end(f.server, f.proto) ],
			[ _('Application'), f.app ? [ names.app(what(f)), ' ', known('', f.app_by) ] : null ], [ _('Protocol'), protocol(f) + (f.by ? ' (' + KNOWN_BY[f.by] + ')' : '') ],
			[ _('Category'), names.categoryLabel(f.category) ], [ _('Name'), known(f.host, f.host_by) ], [ _('Country'), code ? names.country(code) : null ],
			[ _('Network'), as ? names.asn(as, f.server.as_name || f.client.as_name) : null ], [ _('Delivered by'), f.cdn ],
			[ _('First seen'), f.first ? [ format.datetime(f.first) + ' ', '(' + format.ago(f.first) + ')' ] : null ],
			[ _('Last seen'), f.last ? [ format.datetime(f.last) + ' ', '(' + format.ago(f.last) + ')' ] : null ]
		]),
		section(_('Amount'), [
			[ _('Client and server'), chart.split(f.bytes.tx, f.bytes.rx, [ _('client'), _('server') ]) ],
			[ _('Bytes'), sides(f.bytes, format.bytes) ], [ _('Packets'), sides(f.pkts, format.count) ], [ _('Payload'), sides(f.goodput, format.bytes) ],
			[ _('Efficiency'), (f.goodput_pct == null) ? null : format.percent(f.goodput_pct) + (f.low_goodput ? ' – ' + _('little payload for its bytes') : '') ],
			[ _('Throughput'), f.ended ? null : format.rate(f.bps.now) ], [ _('Highest throughput'), format.rate(f.bps.peak) ]
		]),
		section(_('Delay'), [
			[ _('To the client'), (f.rtt.client == null) ? null : format.ms(f.rtt.client) ], [ _('To the server'), (f.rtt.server == null) ? null : format.ms(f.rtt.server) ],
			[ _('Until the first answer'), (f.rtt.app == null) ? null : format.ms(f.rtt.app) ],
			[ _('Between packets, client (least / mean / most)'), waits(f.iat.tx) ], [ _('Between packets, server'), waits(f.iat.rx) ]
		]),
		tcp ? section(_('TCP'), [
			[ _('State'), f.state ? (STATES[f.state] || f.state) + ' (' + f.state + ')' : null ], [ _('Flags'), '→ ' + flags(tcp.flags.tx) + '  ← ' + flags(tcp.flags.rx) ],
			[ _('Sent again'), sides(tcp.retrans, format.count) ], [ _('Out of order'), sides(tcp.ooo, format.count) ], [ _('Lost'), sides(tcp.lost, format.count) ]
		]) : '',
		section(_('What was said'), [
			[ _('Request'), i.url ? (i.method || '') + ' ' + i.url : null ], [ _('Answer'), (i.code == null) ? i.rcode : String(i.code) ], [ _('Certificate for'), i.subject ],
			[ _('Version'), i.version ], [ _('ALPN'), i.alpn ], [ _('JA4'), i.ja4 ], [ _('Client software'), i.user_agent ], [ _('Server software'), i.server ], [ _('Content'), i.content_type ],
			[ _('Hidden name'), i.ech ? _('The real name is encrypted; this is the outer one.') : null ]
		]),
		section(_('Its way'), [
			[ _('Direction'), { out: _('opened from the house'), in: _('opened from outside'), local: _('within the house') }[f.dir] ], [ _('Why it may'), nat ? nat.why : null ],
			[ _('As sent'), nat ? tuple(nat.orig) : null ], [ _('As answered'), nat ? tuple(nat.reply) : null ], [ _('Port opened by'), nat && nat.mapping ? nat.mapping + ' (' + nat.opened_by + ')' : null ],
			[ _('From zone'), f.zone_in ], [ _('To zone'), f.zone_out ], [ _('Rule'), f.rule ], [ _('Uplink'), f.uplink ], [ _('Interface'), f.iface ], [ _('VLAN'), f.vlan ],
			[ _('Forwarded by'), { software: _('software offload'), hardware: _('hardware offload'), none: _('the kernel, packet by packet') }[f.offload] ],
			[ _('Carries'), f.carries || f.tunnel ], [ _('Counted by'), { packets: _('packets'), conntrack: _('connection tracking') }[f.source] ],
			[ _('Note'), [ f.one_way ? _('Only one side has sent.') : '', f.sampled ? _('Packets were sampled: figures are estimates.') : '',
				f.observed ? '' : _('Not every packet was seen: losses and payload are not known.') ].filter((n) => n).join(' ') ]
		])
	];
}

function load(at) {
	return api.call('flow', { id: at.flow }).then((r) => r.flow, (e) => {
		const row = seen.get(at.flow);

		if (e.code != 'not_found')
			throw e;

		if (row)
			return Object.assign({ ended: true }, row);

		return api.call('flow_history', { from: +at.at - 60, period: 'custom', ip: at.ip, limit: 200 }).then((r) => {
			const found = at.at && r.flows.find((f) => f.id == at.flow);

			if (!found)
				throw Object.assign(new Error(_('This flow has ended and is no longer known.')), { code: 'not_found', hint: _('Ended flows are kept as long as the settings say.') });

			return Object.assign({ ended: true }, found);
		});
	});
}

function draw(frame, first) {
	const body = page.grid(), picture = chart.area({ label: _('Throughput since this page was opened'), unit: 'rate', height: 160, legend: false });
	const rx = [], tx = [], starts = [];
	let f = first, asked = format.now();

	const show = () => {
		const now = cards(f).filter((c) => c), same = now.length == body.children.length;

		frame.say(sentence(f));

		// What tells the same stays: somebody may be copying it.
		body.replaceChildren(...now.map((c, i) => (same && body.children[i].textContent == c.textContent) ? body.children[i] : c));
	};
	const json = page.button(_('JSON'), () => table.download('flow-' + f.id + '.json', JSON.stringify(f, null, 2), 'application/json'));

	body.classList.add('weir-wide');
	frame.title(_('Flow'));
	frame.tools(json);
	show();

	if (f.ended)
		return frame.add(body);

	frame.add(page.card(_('Throughput'), picture.node), body);

	const watch = frame.live(api.poll(frame.node, 2, () => api.call('flow', { id: f.id }).then((r) => {
		const now = format.now(), per = 8 / Math.max(0.5, now - asked);

		rx.push(Math.max(0, r.flow.bytes.rx - f.bytes.rx) * per);
		tx.push(Math.max(0, r.flow.bytes.tx - f.bytes.tx) * per);
		starts.push(asked);
		[ rx, tx, starts ].forEach((list) => list.splice(0, list.length - POINTS));
		asked = now;
		f = r.flow;
		picture.update({ starts: starts.concat(now), step: 2, series: [ { key: 'flow', label: _('This flow'), colour: chart.colour('app:' + what(f).key), rx, tx } ] });
		show();
	}).catch((e) => {
		if (e.code != 'not_found')
			throw e;

		f = Object.assign({ ended: true }, f);
		show();
		watch.stop();
	})));
}

return baseclass.extend({ load, draw, remember, address, what, told, port, protocol, STATES });
