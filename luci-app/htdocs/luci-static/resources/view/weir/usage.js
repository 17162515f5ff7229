'use strict';
'require ui';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.local as local';
'require weir.page as page';
'require weir.state as state';

const DAY = 86400, REFRESH = 60;
const CLASSES = { '': _('Devices'), pool: _('Pools'), network: _('Networks'), uplink: _('Uplinks') };
const WEEKDAYS = { mon: _('Mon'), tue: _('Tue'), wed: _('Wed'), thu: _('Thu'), fri: _('Fri'), sat: _('Sat'), sun: _('Sun') };
const COUNTED = { both: _('both directions'), rx: _('download'), tx: _('upload') };

const days = (c) => Math.max(1, Math.round((c.to - c.from) / DAY));
const today = (c) => Math.min(days(c), Math.max(1, Math.ceil((format.now() - c.from) / DAY)));

function whose(scope) {
	const [ kind, ...rest ] = scope.split(':'), name = rest.join(':');

	return !name ? _('all uplinks') : (kind == 'device') ? name : ((kind == 'pool') ? _('pool %s') : _('uplink %s')).format(name);
}

// calendar draws a bar for each day of a cycle, and a line at a day's share of a plan.
function calendar(course, cycle, share) {
	const n = days(cycle), values = new Array(n).fill(null), W = 1000, H = 132, wide = W / n;

	course.values.forEach((v, i) => {
		const day = Math.round(((course.starts ? course.starts[i] : course.start + i * course.step) - cycle.from) / DAY);

		if (day >= 0 && day < n && v != null)
			values[day] = (values[day] || 0) + v;
	});

	const max = Math.max(share * 1.1, ...values, 1), y = (v) => H - v / max * (H - 4);
	const text = (v, i) => format.date(cycle.from + (i + 0.5) * DAY) + ': ' + (v == null ? _('nothing known') : format.bytes(v));
	const rect = (v, i, attrs) => chart.svg('rect', Object.assign({ x: (i + 0.1) * wide, y: y(v), width: wide * 0.8, height: H - y(v) }, attrs));
	const line = (v, dash) => chart.svg('line', { x1: 0, x2: W, y1: y(v), y2: y(v), stroke: 'currentColor', 'stroke-dasharray': dash, 'vector-effect': 'non-scaling-stroke' });

	return E('div', {}, [
		chart.svg('svg', { 'class': 'weir-chart', viewBox: '0 0 ' + W + ' ' + (H + 1), height: H, width: '100%', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, values.map((v, i) =>
			chart.svg('g', {}, [ chart.svg('title', {}, [ text(v, i) ]), rect(max, i, { fill: 'transparent' }), rect(v || 0, i, { fill: (share && v > share) ? chart.UP : chart.DOWN }) ])
		).concat(line(0), share ? line(share, '6 6') : [])),
		E('div', { 'class': 'weir-spans' }, [ E('div', {}, [ E('span', {}, [ format.day(cycle.from) ]), E('span', {}, [ format.day(cycle.to - 1) ]) ]) ]),
		E('ul', { 'class': 'weir-sr' }, values.map((v, i) => E('li', {}, [ text(v, i) ]))),
		share ? E('p', { 'class': 'weir-note' }, [ _('The dashed line is a day’s share: %s.').format(format.bytes(share)) ]) : ''
	]);
}

function correct(q, reload) {
	const input = E('input', { 'type': 'number', 'class': 'cbi-input-text', 'min': 0, 'step': 'any', 'value': (q.used / 1e9).toFixed(2), 'aria-label': _('Used, in GB') });

	ui.showModal(_('Used of “%s”').format(q.name), [
		E('p', {}, [ _('What your provider says is used in this cycle, in GB. Weir goes on counting from there.') ]), E('p', {}, [ input, ' GB' ]),
		E('div', { 'class': 'right button-row' }, [
			E('button', { 'class': 'btn', 'click': ui.hideModal }, [ _('Cancel') ]), ' ',
			page.button(_('Save'), () => api.write('quota_set', { name: q.name, used: Math.round(input.value * 1e9) }).then(ui.hideModal).then(reload), 'write')
		])
	]);
	input.focus();
}

function quota(q, reload) {
	const over = q.used > q.bytes, end = [ format.bytes(q.forecast), format.day(q.to - 1) ];
	const free = q.hours.concat(q.weekdays.length < 7 ? _('only %s count').format(q.weekdays.map((d) => WEEKDAYS[d]).join(', ')) : []);

	return page.card(q.name,
		E('div', { 'class': 'weir-number' }, [ _('%s of %s').format(format.bytes(q.used), format.bytes(q.bytes)) ]),
		chart.bar(q.used / q.bytes, over ? 'var(--error-color-high, #c00)' : chart.DOWN),
		E('p', { 'class': 'weir-note' }, [ over ? _('The budget is used up.') : (q.forecast == null) ? _('It is too early to say where it ends.') :
			(q.forecast > q.bytes) ? _('At this rate %s by %s: more than there is.').format(...end) : _('At this rate %s by %s.').format(...end) ]),
		page.facts([
			[ _('Whose'), whose(q.scope) ], [ _('Counts'), COUNTED[q.direction] ],
			[ _('Cycle'), _('%s to %s, day %d of %d').format(format.day(q.from), end[1], today(q), days(q)) ],
			[ _('Warns at'), q.warn.map((w) => w + ' %').join(', ') ],
			[ _('Used before'), q.prior ? format.bytes(q.prior) : null ],
			[ _('Free'), free.length ? free.join(', ') + ' (' + format.bytes(q.free) + ')' : null ]
		]),
		page.button(_('Correct…'), () => correct(q, reload), 'write'), ' ',
		page.button(_('Reset…'), () => page.confirm(_('Reset “%s”?').format(q.name), _('What is used in this cycle is forgotten.'), _('Reset'),
			() => api.write('quota_reset', { name: q.name }).then(reload)), 'remove'));
}

function sentence(quotas, used, back) {
	const q = quotas.slice().sort((a, b) => b.pct - a.pct)[0], about = q && [ q.name, format.bytes(q.used), format.bytes(q.bytes), today(q), days(q) ];

	if (q && !back)
		return (q.used > q.bytes) ? _('“%s” is used up: %s of %s on day %d of %d.').format(...about) : (q.forecast == null) ? _('“%s”: %s of %s used on day %d of %d.').format(...about) :
			_('“%s”: %s of %s used on day %d of %d, about %s at the end.').format(...about, format.bytes(q.forecast));

	if (!used.length)
		return _('Nothing is kept of this cycle.');

	const c = used[0], sum = format.bytes(used.reduce((n, u) => n + columns.both(u.bytes), 0));

	return back ? _('%s in the cycle from %s to %s.').format(sum, format.date(c.from), format.date(c.to - 1)) : _('%s in this cycle so far, day %d of %d.').format(sum, today(c), days(c));
}

function ask(at) {
	return Promise.all([ api.call('quotas'), api.call('usage', { 'class': 'uplink', back: at.back }),
		api.call('usage', { 'class': CLASSES[at.tab] ? at.tab || 'device' : 'device', back: at.back, limit: 200 }) ]).then((r) => r.map((reply) => reply.quotas || reply.usage));
}

// load brings that and the days of the cycle: of the first uplink, else of the house.
function load(at) {
	return ask(at).then((reply) => {
		const u = reply[1][0] || reply[2][0];

		return !u ? [ reply ] : api.call('series', { 'class': reply[1][0] ? 'uplink' : 'total', key: reply[1][0] ? u.key : null, metric: 'bytes', period: 'custom', from: u.from, to: u.to, points: 31 })
			.then((course) => [ reply, course, u ], () => [ reply ]);
	});
}

function draw(frame, [ reply, course, cycle ], at) {
	let rows = reply[2];
	const back = +at.back || 0, name = CLASSES[at.tab] || CLASSES[''], plan = cycle && reply[0].find((q) => /^wan/.test(q.scope) && q.from == cycle.from);
	const step = (n, text) => E('a', { 'class': 'btn cbi-button', 'href': state.link(null, { back: n || null }) }, [ text ]), quotas = E('div', { 'class': 'weir-grid-row' });

	const node = (r) => (r['class'] != 'device' || !+r.key) ? (r.key == 'other') ? _('Others') : r.label || r.key :
		E('a', { 'href': state.link('devices', { device: r.key }) }, [ r.label || r.key ]);

	const list = local.list(() => rows, {
		id: 'usage', label: name, key: (r) => r.key, sort: '-bytes', empty: _('Nothing is kept of this cycle.'),
		columns: [
			columns.node('name', name, { card: 'title', get: (r) => r.label || r.key, node }), local.share((r) => r.share),
			columns.amount('rx', _('Download'), { card: true, get: (r) => r.bytes.rx }), columns.amount('tx', _('Upload'), { get: (r) => r.bytes.tx }),
			columns.amount('bytes', _('Amount'), { card: true }), columns.amount('forecast', _('At the end'))
		].concat((at.tab == 'uplink') ? columns.amount('router', _('The router itself')) : [])
	});

	frame.tools(step(back + 1, _('‹ Cycle before')), back ? step(back - 1, _('Cycle after ›')) : '');
	frame.add(back ? '' : quotas, course ? page.card(_('Day by day'), calendar(course, cycle, plan ? plan.bytes / days(plan) : 0)) : '',
		page.tabs(Object.keys(CLASSES).map((k) => ({ key: k, title: CLASSES[k] })), at.tab || ''), list.node);

	local.follow(frame, REFRESH, reply, () => ask(at), (now) => {
		rows = now[2];
		frame.say(sentence(now[0], now[1].length ? now[1] : rows, back));
		quotas.replaceChildren(...(now[0].length ? now[0].map((q) => quota(q, frame.reload)) : [ page.card('', E('p', {}, [
			_('No data plan is set up: with one you are warned before it is used up.'), ' ', E('a', { 'href': state.link('settings', { tab: 'quota' }) }, [ _('To the settings') ])
		])) ]));

		return list.refresh();
	});
}

return page.view({ title: _('Usage'), skeleton: [ 300, 200, 320 ], load, draw });
