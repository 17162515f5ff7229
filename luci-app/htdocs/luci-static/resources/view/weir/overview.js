'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';
'require weir.stream as stream';

const WEEK = 604800;
const MODES = { packets: _('by packets'), conntrack: _('by connection tracking'), hybrid: _('by packets and connection tracking') };

function sentence(r) {
	const h = r.headline, now = r.now;

	if (!h)
		return (now.rx + now.tx < 1e5) ? _('It is quiet: %d devices are online.').format(now.devices_online) :
			_('Nothing stands out: %d devices are online, %s come in, %s go out.').format(now.devices_online, format.rate(now.rx), format.rate(now.tx));

	const who = names.device({ id: h.device, name: h.name, type: (r.devices.find((d) => d.id == h.device) || {}).type }), share = E('b', {}, [ format.percent(h.line_pct ?? h.share_pct) ]);
	const line = h.line_pct != null, since = format.duration(r.ts - h.since);

	if (!h.app)
		return page.phrase(line ? _('%s is using %s of the line.') : _('%s makes %s of the traffic.'), who, share);

	return page.phrase(line ? _('%s is using %s of the line: %s, for %s.') : _('%s makes %s of the traffic: %s, for %s.'), who, share, names.app(h.app), since);
}

function both(down, up) {
	return [ E('div', {}, [ '↓ ' + down ]), E('div', {}, [ '↑ ' + up ]) ];
}

// cards are the four numbers.
function cards() {
	const now = page.number(_('Now')), today = page.number(_('Today')), cycle = page.number(_('Cycle')), known = page.number(_('Attributed'));
	const gauge = chart.bar(0);

	const node = page.grid(now.node, today.node, cycle.node, known.node);

	node.classList.add('weir-numbers');

	return {
		node,
		tick: (t) => now.set(both(format.rate(t.rx), format.rate(t.tx)), (t.flows == null) ? null : _('%s flows').format(format.count(t.flows))),
		update(r) {
			const c = r.cycle, t = r.today;

			today.set(both(format.bytes(t.rx), format.bytes(t.tx)), (t.trend_pct == null) ? _('no average yet') : _('%s on average').format(format.trend(t.trend_pct)));
			known.set(E('div', {}, [ format.percent(r.coverage.pct) ]), E('span', { 'title': r.coverage.why || '' }, [
				[ MODES[r.coverage.mode], (r.coverage.offload == 'off') ? null : _('%s offload').format(r.coverage.offload) ].filter((x) => x).join(', ')
			]));
			cycle.node.firstChild.replaceChildren(c ? _('Cycle · day %d of %d').format(c.day, c.days) : _('Cycle'));

			if (c)
				chart.redraw(gauge, c.cap ? c.used / c.cap : 0);

			cycle.set(c ? [ E('div', {}, [ c.cap ? _('%s of %s').format(format.bytes(c.used), format.bytes(c.cap)) : format.bytes(c.used) ]), c.cap ? gauge : '' ] : null,
				!c ? E('a', { 'href': state.link('settings') }, [ _('No plan is set') ]) : c.forecast ? _('about %s at its end').format(format.bytes(c.forecast)) : '');
		}
	};
}

// places leaves out what no database knows.
function places(list) { return list.filter((p) => p.key != 'other').slice(0, 3); }

function amounts(list, kind, node) {
	return list.slice(0, 6).map((a) => ({
		key: a.key, node: node(a), value: a.rx + a.tx, text: format.bytes(a.rx + a.tx), colour: chart.colour(kind + ':' + a.key)
	}));
}

// tops are the three lists with bars.
function tops() {
	const devices = page.bars(), apps = page.bars(), countries = page.bars(), asns = page.bars();
	let list = [];

	const rates = (tick) => devices.update(list.map((d) => {
		const t = tick ? tick.devices.find((x) => x.id == d.id) || { rx: 0, tx: 0 } : d;

		return { key: d.id, node: names.device(d), value: t.rx + t.tx, text: format.rate(t.rx + t.tx), colour: chart.colour('device:' + d.id) };
	}));
	const none = (n, node, why) => n ? node : E('p', { 'class': 'weir-note' }, [ why ]);
	const later = E('div'), far = E('div');

	return {
		node: page.grid(page.card(E('a', { 'href': state.link('devices') }, [ _('Devices now') ]), devices.node),
			page.card(E('a', { 'href': state.link('applications') }, [ _('Applications today') ]), later),
			page.card(E('a', { 'href': state.link('world') }, [ _('Far ends today') ]), far)),
		tick: (t) => { if (t.devices.length) rates(t); },
		update(r) {
			list = r.devices.slice(0, 6);
			rates(null);
			apps.update(amounts(r.apps, 'app', names.app));
			countries.update(amounts(places(r.countries), 'country', (c) => names.country(c.key)));
			asns.update(amounts(places(r.asns), 'asn', (a) => names.asn(a.key, a.label)));
			later.replaceChildren(none(r.apps.length, apps.node, _('Nothing yet today.')));
			far.replaceChildren(none(places(r.countries.concat(r.asns)).length, E('div', {}, [ countries.node, asns.node ]),
				E('a', { 'href': state.link('world') }, [ _('No database of places: see how to get one') ])));
		}
	};
}

// noteworthy lists what deserves a look, as items of nodes.
function noteworthy(r, seen) {
	const dns = r.dns, failed = dns && dns.queries ? dns.errors / dns.queries * 100 : 0;
	const fresh = r.newest.filter((d) => d.first && r.ts - d.first < WEEK);

	return r.alerts.map((a) => [
		E('b', {}, [ a.severity + ': ' ]), a.text + ' ', format.since(a.at), ' ',
		page.button(_('Seen'), () => api.write('alert_ack', { id: a.id }).then(seen), 'write')
	]).concat(fresh.map((d) => page.phrase(_('New device %s, %s.'), names.device(d), format.since(d.first))),
		dns && dns.bypass ? [ [ E('a', { 'href': state.link('dns', { tab: 'bypass' }) }, [ (dns.bypass == 1) ? _('1 device asks another resolver than this router.') :
			_('%d devices ask other resolvers than this router.').format(dns.bypass) ]) ] ] : [],
		dns && dns.queries ? [ [ E('a', { 'href': state.link('dns') }, [ _('Names: %s questions today, %s failed.').format(format.count(dns.queries), format.percent(failed)) ]) ] ] : []);
}

function draw(frame, replies) {
	let [ summary, live, events ] = replies, by = state.recall('by', 'device'), ten = null;
	const numbers = cards(), lists = tops(), look = E('ul', { 'class': 'weir-look' }), picture = chart.area({ label: _('Last 10 minutes'), unit: 'rate', height: 240 });
	const marks = events.map((e) => ({ ts: e.at ?? e.ts, text: e.text }));

	const show = (reply) => {
		ten = stream.create(reply, by, (m) => (by == 'app') ? m.label || names.appLabel(m.key) : names.deviceLabel({ id: m.key, label: m.label }), _('All others'));
		picture.update(ten.data(marks));
	};
	const rank = () => api.call('live', { by: by, limit: 7 }).then(show);
	const picker = E('select', { 'class': 'cbi-input-select', 'aria-label': _('Areas are'), 'change': () => {
		by = picker.value;
		state.remember('by', by);
		rank().catch(page.tell);
	} }, [ E('option', { 'value': 'device' }, [ _('by device') ]), E('option', { 'value': 'app' }, [ _('by application') ]) ]);

	const update = (reply) => {
		const items = noteworthy(reply, refresh);

		summary = reply;
		frame.say(sentence(reply));
		numbers.update(reply);
		lists.update(reply);
		look.replaceChildren(...(items.length ? items : [ [ _('Nothing: no alerts, no new devices.') ] ]).map((i) => E('li', {}, i)));
	};
	const refresh = () => api.call('summary').then(update);

	if (!summary.now.devices_known && !summary.now.flows)
		return frame.empty(_('No traffic was seen yet. Are the right interfaces watched?'), state.link('settings'), _('Settings'));

	picker.value = by;
	show(live);
	numbers.tick(summary.now);
	update(summary);
	frame.add(numbers.node, page.card(null, E('div', { 'class': 'weir-bar' }, [ E('h3', {}, [ _('Last 10 minutes') ]), picker ]), picture.node), lists.node, page.card(_('Worth a look'), look));

	const watch = frame.live(api.live(frame.node, (tick) => {
		numbers.tick(tick);
		lists.tick(tick);
		ten.push(tick);
		picture.update(ten.data(marks));
	}, () => by));
	let round = 0;

	// The sentence and the lists every 10 s, who is drawn by name each minute; what is
	// first shown was just asked.
	api.poll(frame.node, 10, () => (!round++ || watch.state == 'paused') ? null : Promise.all([ refresh(), (round % 6) ? null : rank() ]));
}

return page.view({
	title: _('Traffic'),
	skeleton: [ 104, 320, 220, 80 ],
	load: () => Promise.all([
		api.call('summary'), api.call('live', { by: state.recall('by', 'device'), limit: 7 }),
		api.call('events', { from: Math.floor(format.now()) - 900 }).then((r) => r.events, () => [])
	]),
	draw
});
