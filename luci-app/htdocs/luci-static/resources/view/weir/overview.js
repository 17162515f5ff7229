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

	const line = h.line_pct != null, share = E('b', {}, [ format.percent(h.line_pct ?? h.share_pct) ]);
	const who = names.device({ id: h.device, name: h.name, type: (r.devices.find((d) => d.id == h.device) || {}).type });

	return h.app ? page.phrase(line ? _('%s is using %s of the line: %s, for %s.') : _('%s makes %s of the traffic: %s, for %s.'), who, share, names.app(h.app), format.duration(r.ts - h.since)) :
		page.phrase(line ? _('%s is using %s of the line.') : _('%s makes %s of the traffic.'), who, share);
}

function both(v, show) { return [ E('div', {}, [ '↓ ' + show(v.rx) ]), E('div', {}, [ '↑ ' + show(v.tx) ]) ]; }

function link(to, text) { return E('a', { 'href': state.link(to) }, [ text ]); }

// cards are the four numbers.
function cards() {
	const now = page.number(_('Now')), today = page.number(_('Today')), cycle = page.number(_('Cycle')), known = page.number(_('Attributed'));
	const gauge = chart.bar(0), node = page.grid(now.node, today.node, cycle.node, known.node);

	node.classList.add('weir-numbers');

	return {
		node,
		tick: (t) => now.set(both(t, format.rate), (t.flows == null) ? null : _('%s flows').format(format.count(t.flows))),
		update(r) {
			const c = r.cycle, v = r.coverage, mode = MODES[v.mode] || '';

			today.set(both(r.today, format.bytes), (r.today.trend_pct == null) ? _('no average yet') : _('%s on average').format(format.trend(r.today.trend_pct)));
			known.set(format.percent(v.pct), E('span', { 'title': v.why || '' }, [ v.offload == 'off' ? mode : _('%s, %s offload').format(mode, v.offload) ]));
			cycle.node.firstChild.textContent = c ? _('Cycle · day %d of %d').format(c.day, c.days) : _('Cycle');

			if (!c)
				return cycle.set(null, link('settings', _('No plan is set')));

			chart.redraw(gauge, c.used / (c.cap || Infinity));
			cycle.set([ c.cap ? _('%s of %s').format(format.bytes(c.used), format.bytes(c.cap)) : format.bytes(c.used), c.cap ? gauge : '' ],
				c.forecast ? _('about %s at its end').format(format.bytes(c.forecast)) : '');
		}
	};
}

function amounts(bars, kind, list, node, most) {
	// What no database of places knows is left out.
	const known = list.filter((a) => kind == 'app' || a.key != 'other').slice(0, most);

	bars.update(known.map((a) => ({ key: a.key, node: node(a), value: a.rx + a.tx, text: format.bytes(a.rx + a.tx), colour: chart.colour(kind + ':' + a.key) })));

	return known.length;
}

// tops are the three lists with bars.
function tops() {
	const devices = page.bars(), apps = page.bars(), countries = page.bars(), asns = page.bars(), far = E('div');
	let list = [];

	const rates = (now) => devices.update(list.map((d) => {
		const t = now.find((x) => x.id == d.id) || { rx: 0, tx: 0 };

		return { key: d.id, node: names.device(d), value: t.rx + t.tx, text: format.rate(t.rx + t.tx), colour: chart.colour('device:' + d.id) };
	}));

	return {
		node: page.grid(page.card(link('devices', _('Devices now')), devices.node), page.card(link('applications', _('Applications today')), apps.node), page.card(link('world', _('Far ends today')), far)),
		tick: (t) => { if (t.devices.length) rates(t.devices); },
		update(r) {
			list = r.devices.slice(0, 6);
			rates(list);
			amounts(apps, 'app', r.apps, names.app, 6);

			const places = amounts(countries, 'country', r.countries, (c) => names.country(c.key), 3) + amounts(asns, 'asn', r.asns, (a) => names.asn(a.key, a.label), 3);

			far.replaceChildren(...(places ? [ countries.node, asns.node ] : [ link('world', _('No database of places: see how to get one')) ]));
		}
	};
}

// noteworthy lists what deserves a look, as items of nodes.
function noteworthy(r, seen) {
	const dns = r.dns || {};

	return r.alerts.map((a) => [
		E('b', {}, [ a.severity + ': ' ]), a.text + ' ', format.since(a.at), ' ', page.button(_('Seen'), () => api.write('alert_ack', { id: a.id }).then(seen), 'write')
	]).concat(r.newest.filter((d) => d.first && r.ts - d.first < WEEK).map((d) => page.phrase(_('New device %s, %s.'), names.device(d), format.since(d.first))),
		dns.bypass ? [ [ link('dns', _('Devices that ask other resolvers than this router: %d.').format(dns.bypass)) ] ] : [],
		dns.queries ? [ [ link('dns', _('Names: %s questions today, %s failed.').format(format.count(dns.queries), format.percent(dns.errors / dns.queries * 100))) ] ] : []);
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
