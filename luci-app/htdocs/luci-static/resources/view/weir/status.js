'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.local as local';
'require weir.page as page';
'require weir.state as state';

const REFRESH = 5, STORED = 60; // seconds
const STATES = { starting: _('starting'), running: _('running'), waiting: _('waiting'), ended: _('ended'), failed: _('failed') };
const ALARMING = [ 'waiting', 'failed' ];

const settings = (tab, text) => E('a', { 'href': state.link('settings', { tab }) }, [ text ]);

// troubles is what needs a look, in words, the worst first.
function troubles(s) {
	const list = s.config.errors.filter((e) => !e.warning).map((e) => [ _('Settings: %s').format(e.message), settings(null, _('To the settings')) ]);

	if (s.config.errors.some((e) => !e.warning))
		list.push([ _('Until that is mended, the settings from before stay in force.') ]);

	s.sources.filter((o) => ALARMING.indexOf(o.state) >= 0).forEach((o) => list.push([ _('%s is %s: %s').format(o.name, STATES[o.state], o.note || '–') ]));

	if (s.db.error)
		list.push([ _('History: %s').format(s.db.error) ]);

	if (!s.clock.trusted)
		list.push([ _('The clock is not set yet: history waits until it is.') ]);

	if (s.flows.evicted)
		list.push([ _('%s flows found no room.').format(format.count(s.flows.evicted)), settings(null, _('Allow more flows')) ]);

	s.coverage.forEach((c) => c.reasons.filter((r) => r.active).forEach((r) => list.push([ _('%s: %s').format(c.uplink, r.text) ])));
	s.config.errors.filter((e) => e.warning).forEach((e) => list.push([ _('Settings: %s').format(e.message) ]));

	return list;
}

function say(frame, s, n) {
	frame.say(n ? N_(n, 'Weir has been running for %s, and %d thing needs a look.', 'Weir has been running for %s, and %d things need a look.').format(format.duration(s.uptime), n) :
		_('Weir has been running for %s, and all is well.').format(format.duration(s.uptime)));
}

function gauge(used, max) {
	return [ chart.bar(max ? used / max : 0), ' ' + _('%s of %s').format(format.bytes(used), format.bytes(max)) ];
}

function itself(s, before) {
	const cpu = before && s.ts > before.ts ? (s.cpu - before.cpu) / (s.ts - before.ts) : s.cpu / Math.max(1, s.uptime);

	return page.facts([
		[ _('Version'), s.version ],
		[ _('Memory'), s.memory.limit ? gauge(s.memory.rss, s.memory.limit) : format.bytes(s.memory.rss) ],
		[ _('Processor'), _('%s of one core').format(format.percent(cpu * 100)) ],
		[ _('Flows'), _('%s of %s').format(format.count(s.flows.active), format.count(s.flows.max)) ],
		[ _('Devices'), _('%s of %s').format(format.count(s.devices.known), format.count(s.devices.max)) ],
		[ _('Hosts'), _('%s of %s').format(format.count(s.hosts.known), format.count(s.hosts.max)) ],
		[ _('Packets now'), _('%s a second').format(format.count(s.traffic.pps)) ],
		[ _('Given up for want of room'), _('%s packets, %s hosts, %s devices, %s time slots').format(...[ s.drops.packets, s.drops.hosts, s.drops.devices, s.drops.slots ].map(format.count)) ]
	]);
}

function counting(s) {
	return page.facts([
		[ _('Counts by'), s.mode.chosen ? _('%s, because %s').format(s.mode.chosen, s.mode.why) : _('not known') ],
		[ _('Flow offload'), s.offload.verdict ],
		[ _('Clock'), (s.clock.trusted ? _('trusted, by %s') : _('not trusted: %s')).format(s.clock.source || '–') ]
	].concat(s.coverage.map((c) => [ _('Attributed of %s').format(c.uplink), [
		E('span', { 'title': c.method }, [ (c.pct == null) ? c.method : _('%s in the last hour, %s in the last day').format(format.percent(c.pct), format.percent(c.day_pct)) ])
	] ])));
}

function stored(db) {
	const live = db.live, old = db.archive;

	if (!live)
		return E('p', {}, [ _('Nothing is stored: history ends with the service.') ]);

	return page.facts([
		[ _('Database'), _('%s (%s)').format(live.path, live.fs || '–') ],
		[ _('Used'), gauge(live.bytes, live.max_bytes) ],
		[ _('Written today'), format.bytes(live.written.today) ],
		[ _('History'), live.tiers.filter((t) => t.oldest).map((t) =>
			E('div', {}, [ _('steps of %s since %s').format(format.duration(t.step).replace(/ 0 .*$/, ''), format.date(t.oldest)) ])) ],
		[ _('Ended flows'), live.flows.oldest ? _('since %s').format(format.datetime(live.flows.oldest)) : null ],
		[ _('Error'), live.error ]
	].concat(old ? [
		[ _('Copies'), _('%s (%s)').format(old.path, old.fs || '–') ],
		[ _('Used'), gauge(old.bytes, old.max_bytes) ],
		[ _('Last copy'), old.last ? format.since(old.last) : _('none since the start') ],
		[ _('Next copy'), old.next ? format.datetime(old.next) : null ],
		[ _('Flash written today'), gauge(old.written.today, old.written.max_today) ],
		[ _('Flash written in a year'), (old.written.per_year == null) ? null : _('about %s').format(format.bytes(old.written.per_year)) ],
		[ _('Error'), old.error ]
	] : [ [ _('Copies'), live.durable ? _('not needed: the database outlives a reboot') : _('none: history ends with a reboot') ] ]));
}

function sources(get) {
	const sum = (o, k) => o.points.reduce((n, p) => n + p[k], 0);

	return local.list(() => get().sources, {
		id: 'sources', label: _('Sources'), sort: 'name', tools: false, key: (o) => o.name, empty: _('Nothing is watched.'),
		columns: [
			columns.text('name', _('Source'), { card: 'title' }),
			columns.text('state', _('State'), { get: (o) => STATES[o.state] || o.state, card: true }),
			columns.text('kind', _('Kind')),
			columns.count('frames', _('Frames'), { get: (o) => o.tracking ? null : sum(o, 'frames'), card: true }),
			columns.count('drops', _('Dropped'), { get: (o) => o.tracking ? null : sum(o, 'drops'), card: true }),
			columns.text('entries', _('Connections'), { get: (o) => o.tracking ? _('%s of %s').format(format.count(o.tracking.entries), format.count(o.tracking.max)) : '–', num: true }),
			columns.text('last', _('Last packet'), { get: (o) => format.ago(o.points.reduce((t, p) => Math.max(t || 0, p.last_packet), null) || (o.tracking ? o.tracking.last_dump : null)), num: true }),
			columns.text('note', _('Note'))
		]
	});
}

function copy() {
	return api.call('diagnosis', {}, true).then((d) => navigator.clipboard.writeText(d.text ?? JSON.stringify(d, null, 1))).then(() => page.notify(_('The diagnosis is in the clipboard. It holds no secrets.')));
}

function draw(frame, reply) {
	let s = reply[0], before = null;
	const look = E('ul'), look_card = page.card(_('Needs a look'), look), own = E('div'), count = E('div'), store = E('div');
	const list = sources(() => s);

	const show = () => {
		const all = troubles(s);

		say(frame, s, all.length);
		look_card.style.display = all.length ? '' : 'none';
		look.replaceChildren(...all.map((t) => E('li', {}, [ t[0], ' ', t[1] || '' ])));
		own.replaceChildren(itself(s, before));
		count.replaceChildren(counting(s));
	};

	store.replaceChildren(stored(reply[1]));
	show();
	frame.tools(
		page.button(_('Copy diagnosis'), copy), ' ',
		reply[1].archive ? page.button(_('Save history now'), () => api.write('snapshot').then((r) => page.notify(_('%s were written to flash.').format(format.bytes(r.bytes)))), 'write') : '', ' ',
		page.button(_('Read settings again'), () => api.write('reload').then(frame.reload), 'write'));
	frame.add(look_card, page.grid(page.card(_('Weir itself'), own), page.card(_('How it counts'), count)), page.card(_('Sources'), list.node), page.card(_('What is kept'), store));
	frame.live(api.poll(frame.node, REFRESH, () => api.call('status').then((now) => {
		before = s;
		s = now;
		show();

		return list.refresh();
	})));
	api.poll(frame.node, STORED, () => api.call('db').then((db) => store.replaceChildren(stored(db))));
}

return page.view({ title: _('Status'), skeleton: [ 320, 200, 320 ], load: () => Promise.all([ api.call('status'), api.call('db') ]), draw });
