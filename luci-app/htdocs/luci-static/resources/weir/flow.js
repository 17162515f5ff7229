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
	S0: _('not answered'), S1: _('open'), SF: _('ended as it should'), REJ: _('refused'), S2: _('closed by the client'), S3: _('closed by the server'),
	RSTO: _('broken off by the client'), RSTR: _('broken off by the server'), RSTOS0: _('given up'), RSTRH: _('refused late'), SH: _('half seen'), SHR: _('half seen'),
	OTH: _('began before it was watched')
};
const KNOWN_BY = {
	content: _('by what was said'), guess: _('by the shape of what was said'), port: _('by its port, a hint only'), own: _('as configured'), name: _('by the name asked for'),
	network: _('by the network'), dns: _('by an answer to the client'), house: _('by an answer to somebody else in the house'), reverse: _('as the owner of the address says'),
	link: _('as the server says')
};
const WORDS = {
	out: _('opened from the house'), in: _('opened from outside'), local: _('within the house'), software: _('software offload'), hardware: _('hardware offload'),
	none: _('the kernel, packet by packet'), packets: _('packets'), conntrack: _('connection tracking')
};
const FLAGS = { F: 'FIN', S: 'SYN', R: 'RST', P: 'PSH', A: 'ACK', U: 'URG', E: 'ECE', C: 'CWR' };
const POINTS = 120; // of the throughput while the page is open

// What the list has shown last: what ended meanwhile cannot be asked for by its id.
let seen = [];

function address(f) { return state.link('flows', { flow: f.id, ip: f.client.ip, at: f.last, tab: state.get().tab }); }

function what(f) { return { key: f.app || f.protocol || 'unknown', category: f.category }; }

// told is the most telling text of what was said.
function told(f) {
	const i = f.info || {};

	return i.url ? (i.method || '') + ' ' + (f.host || '') + i.url : f.host || i.subject || (f.server.scope == 'remote' && f.server.name) || '';
}

function port(e) { return (e.port == null) ? '' : ':' + (names.service(e.port) || e.port); }

function protocol(f) { return f.proto.toUpperCase() + (f.protocol && f.protocol != f.proto ? ' / ' + names.appLabel(f.protocol) : ''); }

function by(how) { return how ? ' (' + (KNOWN_BY[how] || how) + ')' : ''; }

function end(e) { return [ names.host(e), ' ', E('small', {}, [ (e.name ? e.ip : '') + (e.port == null ? '' : ' ' + _('port %s').format(e.port)) + port(e).replace(/^:\d*/, ' ') ]) ]; }

function when(ts) { return ts && format.datetime(ts) + ' (' + format.ago(ts) + ')'; }

function sides(v, show) { return v && '→ ' + show(v.tx) + '  ← ' + show(v.rx); }

function flags(letters) { return (letters || '–').replace(/[A-Z]/g, (l) => FLAGS[l] + ' '); }

function tuple(t) { return t && t.src + (t.sport == null ? '' : ':' + t.sport) + ' → ' + t.dst + (t.dport == null ? '' : ':' + t.dport); }

function waits(w) { return w && [ w.min, w.avg, w.max ].map(format.ms).join(' / '); }

function delay(x) { return (x == null) ? null : format.ms(x); }

function sentence(f) {
	return page.phrase(_('%s and %s: %s, %s in %s.'), names.host(f.client), names.host(f.server), names.app(what(f)), format.bytes(f.bytes.tx + f.bytes.rx), format.duration(f.duration)).concat(
		(f.goodput_pct == null) ? '' : ' ' + _('%s of it is payload.').format(format.percent(f.goodput_pct)),
		f.ended ? ' ' + _('It has ended.') : f.completed ? ' ' + _('It is completed and will expire soon.') : '');
}

function cards(f) {
	const i = f.info || {}, tcp = f.tcp, nat = f.nat || {}, far = (f.server.scope == 'remote') ? f.server : f.client;

	return [ [ _('Who and what'), [
		[ _('Client'), end(f.client) ], [ _('Server'), end(f.server) ], [ _('Application'), f.app && [ names.app(what(f)), by(f.app_by) ] ], [ _('Protocol'), protocol(f) + by(f.by) ],
		[ _('Category'), names.categoryLabel(f.category) ], [ _('Name'), f.host && f.host + by(f.host_by) ], [ _('Country'), far.country && names.country(far.country) ],
		[ _('Network'), far.asn && names.asn(far.asn, far.as_name) ], [ _('Delivered by'), f.cdn ], [ _('First seen'), when(f.first) ], [ _('Last seen'), when(f.last) ]
	] ], [ _('Amount'), [
		[ _('Client and server'), chart.split(f.bytes.tx, f.bytes.rx, [ _('client'), _('server') ]) ], [ _('Bytes'), sides(f.bytes, format.bytes) ],
		[ _('Packets'), sides(f.pkts, format.count) ], [ _('Payload'), sides(f.goodput, format.bytes) ], [ _('Little payload'), f.low_goodput ? _('for its bytes') : null ],
		[ _('Throughput'), f.ended ? null : format.rate(f.bps.now) ], [ _('Highest throughput'), format.rate(f.bps.peak) ]
	] ], [ _('Delay'), [
		[ _('To the client'), delay(f.rtt.client) ], [ _('To the server'), delay(f.rtt.server) ], [ _('Until the first answer'), delay(f.rtt.app) ],
		[ _('Between packets, client (least / mean / most)'), waits(f.iat.tx) ], [ _('Between packets, server'), waits(f.iat.rx) ]
	] ], [ _('TCP'), tcp ? [
		[ _('State'), f.state && (STATES[f.state] || '') + ' (' + f.state + ')' ], [ _('Flags'), '→ ' + flags(tcp.flags.tx) + ' ← ' + flags(tcp.flags.rx) ],
		[ _('Sent again'), sides(tcp.retrans, format.count) ], [ _('Out of order'), sides(tcp.ooo, format.count) ], [ _('Lost'), sides(tcp.lost, format.count) ]
	] : [] ], [ _('What was said'), [
		[ _('Request'), i.url && (i.method || '') + ' ' + i.url ], [ _('Answer'), i.code || i.rcode ], [ _('Certificate for'), i.subject ], [ _('Version'), i.version ], [ _('ALPN'), i.alpn ],
		[ _('JA4'), i.ja4 ], [ _('Client software'), i.user_agent ], [ _('Server software'), i.server ], [ _('Content'), i.content_type ],
		[ _('Hidden name'), i.ech ? _('The real name is encrypted; this is the outer one.') : null ]
	] ], [ _('Its way'), [
		[ _('Direction'), WORDS[f.dir] ], [ _('Why it may'), nat.why ], [ _('As sent'), tuple(nat.orig) ], [ _('As answered'), tuple(nat.reply) ],
		[ _('Port opened by'), nat.mapping && nat.mapping + ' (' + nat.opened_by + ')' ], [ _('Zones'), f.zone_in && f.zone_in + ' → ' + (f.zone_out || '–') ], [ _('Rule'), f.rule ],
		[ _('Uplink'), f.uplink ], [ _('Interface'), f.iface ], [ _('VLAN'), f.vlan ], [ _('Forwarded by'), WORDS[f.offload] ], [ _('Carries'), f.carries || f.tunnel ],
		[ _('Counted by'), WORDS[f.source] ], [ _('Seen'), f.one_way ? _('only one side has sent') : null ],
		[ _('Figures'), f.sampled ? _('estimates: packets were sampled') : f.observed ? null : _('not every packet was seen: no losses, no payload') ]
	] ] ].filter((s) => s[1].some((r) => r[1])).map((s) => page.card(s[0], page.facts(s[1])));
}

function load(at) {
	const ended = (f) => Object.assign({ ended: true }, f), row = seen.find((f) => f.id == at.flow);

	return api.call('flow', { id: at.flow }).then((r) => r.flow, (e) => {
		if (e.code != 'not_found' || !at.at)
			throw e;

		return row ? ended(row) : api.call('flow_history', { from: at.at - 60, period: 'custom', ip: at.ip, limit: 200 }).then((r) => {
			const found = r.flows.find((f) => f.id == at.flow);

			if (!found)
				throw e;

			return ended(found);
		});
	});
}

function draw(frame, first) {
	const body = page.grid(), picture = chart.area({ label: _('Throughput since this page was opened'), unit: 'rate', height: 160, legend: false });
	const rx = [], tx = [], starts = [];
	let f = first, asked = format.now();

	const show = () => {
		const now = cards(f), same = now.length == body.children.length;

		frame.say(sentence(f));
		// What tells the same stays: somebody may be copying it.
		body.replaceChildren(...now.map((c, i) => (same && body.children[i].textContent == c.textContent) ? body.children[i] : c));
	};

	body.classList.add('weir-wide');
	frame.title(_('Flow'));
	frame.tools(page.button(_('JSON'), () => table.download('flow-' + f.id + '.json', JSON.stringify(f, null, 2), 'application/json')));
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
		picture.update({ starts: starts.concat(now), step: 2, series: [ { key: 'app:' + what(f).key, label: _('This flow'), rx, tx } ] });
		show();
	}, (e) => {
		if (e.code != 'not_found')
			throw e;

		f.ended = true;
		show();
		watch.stop();
	})));
}

return baseclass.extend({ load, draw, remember: (rows) => { seen = rows; }, address, what, told, port, protocol, STATES });
