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
const CLASSES = { device: _('Devices'), pool: _('Pools'), network: _('Networks'), uplink: _('Uplinks') };
const WEEKDAYS = { mon: _('Mon'), tue: _('Tue'), wed: _('Wed'), thu: _('Thu'), fri: _('Fri'), sat: _('Sat'), sun: _('Sun') };

const both = (b) => b.tx + b.rx;
const days = (c) => Math.max(1, Math.round((c.to - c.from) / DAY));
const today = (c) => Math.min(days(c), Math.max(1, Math.ceil((format.now() - c.from) / DAY)));

const whose = (scope) => {
	const [ kind, name ] = [ scope.split(':')[0], scope.split(':').slice(1).join(':') ];

	return (kind == 'device') ? name : (kind == 'pool') ? _('pool %s').format(name) : name ? _('uplink %s').format(name) : _('all uplinks');
};

// calendar draws a bar for each day of a cycle, and a line at the share that a plan
// leaves for a day.
function calendar(reply, cycle, share) {
	const n = days(cycle), values = new Array(n).fill(null), W = 1000, H = 150, B = 18;

	reply.values.forEach((v, i) => {
		const day = Math.round(((reply.starts ? reply.starts[i] : reply.start + i * reply.step) - cycle.from) / DAY);

		if (day >= 0 && day < n && v != null)
			values[day] = (values[day] || 0) + v;
	});

	const max = Math.max(share * 1.1, ...values, 1), wide = W / n, y = (v) => H - B - v / max * (H - B - 4);
	const text = (v, i) => format.date(cycle.from + i * DAY + DAY / 2) + ': ' + (v == null ? _('nothing known') : format.bytes(v)) + (share && v > share ? ', ' + _('more than the day’s share') : '');

	return E('div', { 'class': 'weir-plot' }, [
		chart.svg('svg', { 'class': 'weir-chart', viewBox: '0 0 ' + W + ' ' + H, height: H, width: '100%', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, values.map((v, i) =>
			chart.svg('g', {}, [
				chart.svg('title', {}, [ text(v, i) ]),
				chart.svg('rect', { x: i * wide, y: 0, width: wide, height: H - B, fill: 'transparent' }),
				chart.svg('rect', { x: i * wide + wide * 0.1, y: y(v || 0), width: wide * 0.8, height: (v || 0) / max * (H - B - 4), fill: (share && v > share) ? chart.UP : chart.DOWN })
			])
		).concat([ chart.svg('line', { x1: 0, x2: W, y1: H - B, y2: H - B, stroke: 'currentColor', 'stroke-opacity': 0.4 }) ],
			share ? [ chart.svg('line', { x1: 0, x2: W, y1: y(share), y2: y(share), stroke: 'currentColor', 'stroke-dasharray': '6 6', 'vector-effect': 'non-scaling-stroke' }) ] : [])),
		E('div', { 'class': 'weir-spans' }, [ E('div', {}, [ E('span', {}, [ format.day(cycle.from) ]), E('span', {}, [ format.day(cycle.to - 1) ]) ]) ]),
		E('ul', { 'class': 'weir-sr' }, values.map((v, i) => E('li', {}, [ text(v, i) ]))),
		share ? E('p', { 'class': 'weir-note' }, [ _('The dashed line is a day’s share: %s.').format(format.bytes(share)) ]) : ''
	]);
}

function ask(q) {
	const input = E('input', { 'type': 'number', 'class': 'cbi-input-text', 'min': 0, 'step': 'any', 'value': (q.used / 1e9).toFixed(2), 'aria-label': _('Used, in GB') });

	ui.showModal(_('Used of “%s”').format(q.name), [
		E('p', {}, [ _('What your provider says is used in this cycle, in GB. Weir goes on counting from there.') ]), E('p', {}, [ input, ' GB' ]),
		E('div', { 'class': 'right button-row' }, [
			E('button', { 'class': 'btn', 'click': ui.hideModal }, [ _('Cancel') ]), ' ',
			page.button(_('Save'), () => api.write('quota_set', { name: q.name, used: Math.round(+input.value * 1e9) }).then(() => {
				ui.hideModal();
				location.reload();
			}), 'write')
		])
	]);
	input.focus();
}

function quota(q, reload) {
	const share = Math.min(1, q.used / q.bytes), over = q.used > q.bytes, late = q.forecast > q.bytes;
	const free = q.hours.concat(q.weekdays.length < 7 ? [ _('only %s count').format(q.weekdays.map((d) => WEEKDAYS[d]).join(', ')) ] : []);

	return page.card(q.name,
		E('div', { 'class': 'weir-number' }, [ _('%s of %s').format(format.bytes(q.used), format.bytes(q.bytes)) ]),
		chart.bar(share, over ? 'var(--error-color-high, #c00)' : chart.DOWN),
		E('p', { 'class': 'weir-note' }, [ over ? _('The budget is used up.') : (q.forecast == null) ? _('Too early in the cycle to say where it ends.') :
			(late ? _('At this rate %s by %s: more than there is.') : _('At this rate %s by %s.')).format(format.bytes(q.forecast), format.day(q.to - 1)) ]),
		page.facts([
			[ _('Whose'), whose(q.scope) ],
			[ _('Cycle'), _('%s to %s, day %d of %d').format(format.day(q.from), format.day(q.to - 1), today(q), days(q)) ],
			[ _('Counts'), { both: _('both directions'), rx: _('download'), tx: _('upload') }[q.direction] ],
			[ _('Warns at'), q.warn.map((w) => w + ' %').join(', ') + (q.warned ? ' (' + _('warned at %d %%').format(q.warned) + ')' : '') ],
			[ _('Used before'), q.prior ? format.bytes(q.prior) : null ],
			[ _('Free'), free.length ? free.join(', ') + ' (' + format.bytes(q.free) + ')' : null ]
		]),
		E('div', { 'class': 'button-row' }, [
			page.button(_('Correct…'), () => ask(q), 'write'), ' ',
			page.button(_('Reset…'), () => page.confirm(_('Reset “%s”?').format(q.name), _('What is used in this cycle is forgotten.'), _('Reset'),
				() => api.write('quota_reset', { name: q.name }).then(reload)), 'remove')
		]));
}

function say(frame, quotas, total, back) {
	const q = quotas.slice().sort((a, b) => b.pct - a.pct)[0];

	if (q && !back)
		return frame.say((q.used > q.bytes) ? _('“%s” is used up: %s of %s on day %d of %d.').format(q.name, format.bytes(q.used), format.bytes(q.bytes), today(q), days(q)) :
			(q.forecast == null) ? _('“%s”: %s of %s used on day %d of %d.').format(q.name, format.bytes(q.used), format.bytes(q.bytes), today(q), days(q)) :
			_('“%s”: %s of %s used on day %d of %d, about %s at the end.').format(q.name, format.bytes(q.used), format.bytes(q.bytes), today(q), days(q), format.bytes(q.forecast)));

	frame.say(back ? _('%s in the cycle from %s to %s.').format(format.bytes(total.bytes), format.date(total.from), format.date(total.to - 1)) :
		_('%s in this cycle so far, day %d of %d.').format(format.bytes(total.bytes), today(total), days(total)));
}

function list(at) {
	const of = CLASSES[at.tab] ? at.tab : 'device';
	const node = (r) => (of == 'device' && +r.key) ? E('a', { 'href': state.link('devices', { device: r.key }) }, [ r.label || r.key ]) : E('span', {}, [ (r.key == 'other') ? _('Others') : r.label || r.key ]);

	return [ page.tabs(Object.keys(CLASSES).map((k) => ({ key: (k == 'device') ? '' : k, title: CLASSES[k] })), at.tab || ''), local.paged('usage', 'usage', () => ({ 'class': of, back: at.back }), {
		label: CLASSES[of], key: (r) => r.key, keep: false, empty: _('Nothing is kept of this cycle.'),
		columns: [
			{ key: 'name', title: CLASSES[of], card: 'title', dep: (r) => r.key + r.label, csv: (r) => r.label || r.key, node },
			local.share((r) => r.share),
			columns.amount('rx', _('Download'), { get: (r) => r.bytes.rx, card: true }),
			columns.amount('tx', _('Upload'), { get: (r) => r.bytes.tx }),
			columns.amount('bytes', _('Amount'), { card: true }),
			columns.amount('forecast', _('At the end'))
		].concat((of == 'uplink') ? [ columns.amount('router', _('The router itself')) ] : [])
	}) ];
}

function draw(frame, reply, at) {
	const [ quotas, usage, course ] = reply, back = +at.back || 0, cycle = usage.usage[0];
	const [ tabs, table ] = list(at), plan = quotas.quotas.find((q) => /^wan/.test(q.scope) && cycle && q.from == cycle.from);
	const step = (n, text) => E('a', { 'class': 'btn cbi-button', 'href': state.link(null, { back: n || null }) }, [ text ]);

	frame.tools(step(back + 1, _('‹ Cycle before')), ' ', back ? step(back - 1, _('Cycle after ›')) : '');

	if (!cycle && !quotas.total)
		return frame.say(_('Nothing is kept of this cycle.'));

	say(frame, quotas.quotas, { bytes: usage.usage.reduce((n, u) => n + both(u.bytes), 0), from: (cycle || quotas.quotas[0]).from, to: (cycle || quotas.quotas[0]).to }, back);

	if (!back)
		frame.add(quotas.total ? page.grid(...quotas.quotas.map((q) => quota(q, frame.reload))) : page.card('', E('p', {}, [
			_('No data plan is set up: with one you are warned before it is used up.'), ' ', E('a', { 'href': state.link('settings', { tab: 'quota' }) }, [ _('To the settings') ])
		])));

	if (course && cycle)
		frame.add(page.card(_('Day by day'), calendar(course, cycle, plan ? plan.bytes / days(plan) : 0)));

	frame.add(tabs, table.node);
	frame.live(api.poll(frame.node, REFRESH, () => table.refresh()));
}

return page.view({
	title: _('Usage'),
	skeleton: [ 300, 200, 320 ],
	load: (at) => Promise.all([ api.call('quotas'), api.call('usage', { 'class': 'uplink', back: at.back }).then((lines) =>
		lines.total ? lines : api.call('usage', { 'class': 'device', back: at.back, limit: 200 })) ]).then(([ quotas, usage ]) => {
		const u = usage.usage[0];

		return !u ? [ quotas, usage, null ] : api.call('series', Object.assign({ metric: 'bytes', period: 'custom', from: u.from, to: u.to, points: 31 },
			(u['class'] == 'uplink') ? { 'class': 'uplink', key: u.key } : { 'class': 'total' })).catch(() => null).then((course) => [ quotas, usage, course ]);
	}),
	draw
});
