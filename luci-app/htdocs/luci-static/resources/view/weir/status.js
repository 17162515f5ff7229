'use strict';
'require ui';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.local as local';
'require weir.page as page';
'require weir.state as state';

const REFRESH = 5, STORED = 60; // seconds
const STATES = { starting: _('starting'), running: _('running'), waiting: _('waiting'), ended: _('ended'), failed: _('failed') };

const count = (n, max) => _('%s of %s').format(format.count(n), format.count(max));
const gauge = (n, max) => [ chart.bar(max ? n / max : 0), ' ' + _('%s of %s').format(format.bytes(n), format.bytes(max)) ];
const file = (s) => _('%s (%s)').format(s.path, s.fs || '–');

// troubles is what needs a look, in words, the worst first.
function troubles(s) {
	const wrong = (warning) => s.config.errors.filter((e) => e.warning == warning).map((e) => _('Settings: %s').format(e.message));

	return [].concat(
		wrong(false), s.config.valid ? [] : _('Until that is mended, the settings from before stay in force.'),
		s.sources.filter((o) => o.state == 'waiting' || o.state == 'failed').map((o) => _('%s is %s: %s').format(o.name, STATES[o.state], o.note || '–')),
		s.db.error ? _('History: %s').format(s.db.error) : [],
		s.clock.trusted ? [] : _('The clock is not set yet: history waits until it is.'),
		s.flows.evicted ? _('%s flows found no room.').format(format.count(s.flows.evicted)) : [],
		...s.coverage.map((c) => c.reasons.filter((r) => r.active).map((r) => _('%s: %s').format(c.uplink, r.text))),
		wrong(true));
}

function itself(s, before) {
	const cpu = (before && s.ts > before.ts) ? (s.cpu - before.cpu) / (s.ts - before.ts) : s.cpu / Math.max(1, s.uptime);

	return page.facts([
		[ _('Version'), s.version ], [ _('Memory'), s.memory.limit ? gauge(s.memory.rss, s.memory.limit) : format.bytes(s.memory.rss) ],
		[ _('Processor'), _('%s of one core').format(format.percent(cpu * 100)) ], [ _('Flows'), count(s.flows.active, s.flows.max) ],
		[ _('Devices'), count(s.devices.known, s.devices.max) ], [ _('Hosts'), count(s.hosts.known, s.hosts.max) ],
		[ _('Packets now'), _('%s a second').format(format.count(s.traffic.pps)) ],
		[ _('Given up for want of room'), _('%s packets, %s hosts, %s devices, %s time slots').format(...[ s.drops.packets, s.drops.hosts, s.drops.devices, s.drops.slots ].map(format.count)) ]
	]);
}

function counting(s) {
	return page.facts([
		[ _('Counts by'), s.mode.chosen ? _('%s, because %s').format(s.mode.chosen, s.mode.why) : _('not known') ],
		[ _('Flow offload'), s.offload.verdict ], [ _('Clock'), (s.clock.trusted ? _('trusted, by %s') : _('not trusted: %s')).format(s.clock.source || '–') ]
	].concat(s.coverage.map((c) => [ _('Attributed of %s').format(c.uplink), E('span', { 'title': c.method }, [
		(c.pct == null) ? c.method : _('%s in the last hour, %s in the last day').format(format.percent(c.pct), format.percent(c.day_pct)) ]) ])));
}

function stored(db) {
	const live = db.live, old = db.archive;

	if (!live)
		return E('p', {}, [ _('Nothing is stored: history ends with the service.') ]);

	return page.facts([
		[ _('Database'), file(live) ], [ _('Used'), gauge(live.bytes, live.max_bytes) ], [ _('Written today'), format.bytes(live.written.today) ],
		[ _('History'), live.tiers.filter((t) => t.oldest).map((t) => E('div', {}, [ _('steps of %s since %s').format(format.duration(t.step).replace(/ 0 .*$/, ''), format.date(t.oldest)) ])) ],
		[ _('Ended flows'), live.flows.oldest ? _('since %s').format(format.datetime(live.flows.oldest)) : null ], [ _('Error'), live.error ]
	].concat(!old ? [ [ _('Copies'), live.durable ? _('not needed: the database outlives a reboot') : _('none: history ends with a reboot') ] ] : [
		[ _('Copies'), file(old) ], [ _('Used'), gauge(old.bytes, old.max_bytes) ], [ _('Last copy'), old.last ? format.since(old.last) : _('none since the start') ],
		[ _('Next copy'), old.next ? format.datetime(old.next) : null ], [ _('Flash written today'), gauge(old.written.today, old.written.max_today) ],
		[ _('Flash written in a year'), (old.written.per_year == null) ? null : _('about %s').format(format.bytes(old.written.per_year)) ], [ _('Error'), old.error ]
	]));
}

function sources(get) {
	const sum = (key) => ({ card: true, get: (o) => o.tracking ? null : o.points.reduce((n, p) => n + p[key], 0) });

	return local.list(() => get().sources, {
		id: 'sources', label: _('Sources'), sort: 'name', tools: false, key: (o) => o.name, empty: _('Nothing is watched.'),
		columns: [
			columns.text('name', _('Source'), { card: 'title' }), columns.text('state', _('State'), { card: true, get: (o) => STATES[o.state] || o.state }),
			columns.text('kind', _('Kind')), columns.count('frames', _('Frames'), sum('frames')), columns.count('drops', _('Dropped'), sum('drops')),
			columns.text('entries', _('Connections'), { num: true, get: (o) => o.tracking ? count(o.tracking.entries, o.tracking.max) : '–' }),
			columns.ago('last', _('Last packet'), { get: (o) => o.points.reduce((t, p) => Math.max(t, p.last_packet), o.tracking ? o.tracking.last_dump : 0) || null }),
			columns.text('note', _('Note'))
		]
	});
}

// diagnose shows the diagnosis, and copies it in the way that works without HTTPS, too.
function diagnose() {
	return api.call('diagnosis', {}, true).then((d) => {
		const area = E('textarea', { 'class': 'cbi-input-textarea', 'rows': 16, 'readonly': '', 'aria-label': _('Diagnosis') }, [ JSON.stringify(d, null, 1) ]);
		const said = E('p', { 'role': 'status' });

		area.style.width = '100%';
		ui.showModal(_('Diagnosis'), [ said, area, E('div', { 'class': 'right button-row' }, [ E('button', { 'class': 'btn', 'click': ui.hideModal }, [ _('Close') ]) ]) ]);
		area.select();
		said.textContent = document.execCommand('copy') ? _('It is in the clipboard. It holds no secrets.') : _('Copy it from here. It holds no secrets.');
	});
}

function draw(frame, [ status, db ]) {
	let s = status, before = null;
	const look = E('ul'), worth = page.card(_('Needs a look'), look), own = E('div'), how = E('div'), kept = E('div', {}, [ stored(db) ]);
	const list = sources(() => s);

	frame.tools(page.button(_('Copy diagnosis'), diagnose),
		db.archive ? page.button(_('Save history now'), () => api.write('snapshot').then((r) => page.notify(_('%s were written to flash.').format(format.bytes(r.bytes)))), 'write') : '',
		page.button(_('Read settings again'), () => api.write('reload').then(frame.reload), 'write'));
	frame.add(worth, page.grid(page.card(_('Weir itself'), own), page.card(_('How it counts'), how)), page.card(_('Sources'), list.node), page.card(_('What is kept'), kept));

	local.follow(frame, REFRESH, s, () => api.call('status'), (now) => {
		const all = troubles(now), n = all.length, up = format.duration(now.uptime);

		[ before, s ] = [ s, now ];
		frame.say(n ? N_(n, 'Weir has been running for %s, and %d thing needs a look.', 'Weir has been running for %s, and %d things need a look.').format(up, n) :
			_('Weir has been running for %s, and all is well.').format(up));
		worth.style.display = n ? '' : 'none';
		look.replaceChildren(...all.map((text) => E('li', {}, [ text ])));
		own.replaceChildren(itself(s, before));
		how.replaceChildren(counting(s));

		return list.refresh();
	});
	api.poll(frame.node, STORED, () => (before == s) ? null : api.call('db').then((now) => kept.replaceChildren(stored(now))));
}

return page.view({ title: _('Status'), skeleton: [ 320, 200, 320 ], load: () => Promise.all([ api.call('status'), api.call('db') ]), draw });
