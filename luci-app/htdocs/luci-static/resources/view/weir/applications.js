'use strict';
'require weir.api as api';
'require weir.application as application';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';
'require weir.table as table';

const KINDS = [ { key: '', title: _('Applications') }, { key: 'category', title: _('Categories') } ];
const PARTS = 5; // of the rings, beside the rest

// ask returns the applications and categories of a time, each beside the time
// before, and which devices used which application.
function ask(args) {
	const compare = (of) => api.call('compare', Object.assign({ 'class': of, limit: 200 }, args));

	return Promise.all([ compare('application'), compare('category'), api.call('matrix', Object.assign({ rows: 50, columns: 50 }, args)) ]);
}

// users lists who used each application, whoever used it most first.
function users(matrix) {
	const of = {};

	matrix.columns.forEach((c, i) => {
		of[c.key] = matrix.rows.map((r) => ({ key: r.key, label: r.label, value: r.cells[i] })).filter((r) => r.value)
			.sort((a, b) => b.value - a.value);
	});

	return of;
}

function ring(kind, label, reply) {
	const sum = reply.sum.value || 0, rows = reply.compare.slice(0, PARTS);
	const parts = rows.map((r) => ({ key: kind + ':' + r.key, label: label(r.key), value: r.value }));
	const rest = sum - rows.reduce((n, r) => n + r.value, 0);

	return chart.donut(rest > 0 ? parts.concat({ key: 'other', label: _('Others'), value: rest }) : parts, _('Shares'));
}

function draw(frame, reply, at) {
	const kind = at.tab || 'app', label = (kind == 'app') ? names.appLabel : names.categoryLabel;
	const picker = period.picker({ change: frame.reload });
	const [ apps, categories, matrix ] = reply, shown = (kind == 'app') ? apps : categories, who = users(matrix);
	const sum = shown.sum.value, first = apps.compare[0], most = first && who[first.key] && who[first.key][0];
	const text = E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find'), 'input': () => list.reset() });

	const by = {
		name: (a, b) => label(a.key).localeCompare(label(b.key)),
		change: (a, b) => (a.change || 0) - (b.change || 0),
		devices: (a, b) => (who[a.key] || []).length - (who[b.key] || []).length
	};

	const list = table.create({
		id: 'apps-' + kind, label: _('Applications'), paged: false, sort: '-value', key: (r) => r.key, empty: _('Nothing fits.'),
		load: (args) => {
			const rows = shown.compare.filter((r) => label(r.key).toLowerCase().indexOf(text.value.toLowerCase()) >= 0)
				.sort(by[args.sort] || ((a, b) => a.value - b.value));

			return Promise.resolve({ rows: args.desc ? rows.reverse() : rows, total: rows.length });
		},
		link: (r) => state.link('applications', (kind == 'app') ? { app: r.key } : { category: r.key }),
		columns: [
			{ key: 'name', title: (kind == 'app') ? _('Application') : _('Category'), sort: 'name', card: 'title', csv: (r) => r.key, dep: (r) => r.key,
			  node: (r) => (kind == 'app') ? names.app(r) : E('a', { 'href': state.link('applications', { category: r.key }) }, [ label(r.key) ]) },
			columns.share('share', _('Share'), (r) => sum ? r.value / sum * 100 : null, (r) => chart.colour(kind + ':' + r.key), { card: true }),
			columns.amount('value', _('Amount'), (r) => r.value, { sort: 'value', card: true }),
			{ key: 'change', title: _('Trend'), sort: 'change', num: true, card: true, text: (r) => format.trend(r.change_pct),
			  csv: (r) => r.change_pct, tip: (r) => _('%s in the time before').format(format.bytes(r.before)) }
		].concat((kind == 'app') ? [
			columns.count('devices', _('Devices'), (r) => (who[r.key] || []).length, { sort: 'devices', tip: (r) => (who[r.key] || []).map((d) => d.label || d.key).join(', ') })
		] : [])
	});

	if (!first)
		frame.say(_('No traffic was seen in this time.'));
	else
		frame.say(most ?
			_('%s made %s of the traffic, %s of it by %s.').format(names.appLabel(first.key), format.percent(first.value / apps.sum.value * 100), format.percent(most.value / first.value * 100), most.label || most.key) :
			_('%s made %s of the traffic.').format(names.appLabel(first.key), format.percent(first.value / apps.sum.value * 100)));

	frame.tools(picker.node);
	frame.add(page.grid(page.card(_('Applications'), ring('app', names.appLabel, apps)), page.card(_('Categories'), ring('category', names.categoryLabel, categories))),
		page.tabs(KINDS, at.tab || ''), text, list.node);
}

const one = (at) => at.app || at.category;

return page.view({
	title: _('Applications'),
	skeleton: [ 180, 480 ],
	back: (at) => one(at) ? { href: state.link('applications'), text: _('Applications') } : null,
	load: (at) => one(at) ? application.load(at) : ask(period.args ? period.args(at) : { period: at.period, from: at.from, to: at.to }),
	draw: (frame, reply, at) => (one(at) ? application.draw : draw)(frame, reply, at)
});
