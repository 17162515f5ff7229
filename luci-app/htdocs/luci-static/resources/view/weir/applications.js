'use strict';
'require weir.api as api';
'require weir.application as application';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.local as local';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

const KINDS = { app: names.appLabel, category: names.categoryLabel };
const PARTS = 5; // of the rings, beside the rest

// ask returns applications and categories of a time, each beside the time before,
// and who used which application.
function ask() {
	const time = period.picker({}).args(), compare = (of) => api.call('compare', Object.assign({ 'class': of, limit: 200 }, time));

	return Promise.all([ compare('application'), compare('category'), api.call('matrix', Object.assign({ rows: 50, columns: 50 }, time)) ]);
}

function ring(kind, { compare, sum }) {
	const rows = compare.slice(0, PARTS), rest = rows.reduce((n, r) => n - r.value, sum.value || 0);
	const parts = rows.map((r) => ({ key: kind + ':' + r.key, label: KINDS[kind](r.key), value: r.value }));

	return chart.donut(rest > 0 ? parts.concat({ key: 'other', label: _('The rest'), value: rest }) : parts, _('Shares'));
}

function draw(frame, reply, at) {
	const kind = KINDS[at.tab] ? at.tab : 'app', label = (r) => KINDS[kind](r.key), rings = [ E('div'), E('div') ];
	const picker = period.picker({ change: () => ask().then(update) });
	const find = E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find'), 'input': () => list.reset() });
	let rows = [];

	const show = (reply) => {
		const [ apps, categories, matrix ] = reply, shown = (kind == 'app') ? apps : categories, first = apps.compare[0], part = (r) => r.value / apps.sum.value * 100;
		const users = (key) => {
			const i = matrix.columns.findIndex((column) => column.key == key);

			return (i < 0) ? [] : matrix.rows.filter((r) => r.cells[i]).map((r) => ({ name: r.label || r.key, value: r.cells[i] })).sort((a, b) => b.value - a.value);
		};
		const most = first && users(first.key)[0];

		rows = shown.compare.map((r) => Object.assign(r, { users: users(r.key), share: r.value / shown.sum.value * 100 }));
		rings[0].replaceChildren(ring('app', apps));
		rings[1].replaceChildren(ring('category', categories));
		frame.say(!first ? _('No traffic was seen in this time.') : !most ? _('%s made %s of the traffic.').format(names.appLabel(first.key), format.percent(part(first))) :
			_('%s made %s of the traffic, %s of that for %s.').format(names.appLabel(first.key), format.percent(part(first)), format.percent(most.value / first.value * 100), most.name));
	};
	const update = (reply) => { show(reply); list.refresh(); };

	show(reply);

	const list = local.list(() => rows.filter((r) => label(r).toLowerCase().indexOf(find.value.toLowerCase()) >= 0), {
		id: 'of-' + kind, label: _('Applications'), sort: '-value', key: (r) => r.key, empty: _('Nothing fits.'), link: (r) => state.link('applications', { [kind]: r.key }),
		columns: [
			c.node('key', (kind == 'app') ? _('Application') : _('Category'), { csv: label, card: 'title',
				node: (r) => (kind == 'app') ? names.app(r) : E('a', { 'href': state.link('applications', { category: r.key }) }, [ label(r) ]) }),
			c.share('share', _('Share'), { colour: (r) => kind + ':' + r.key, card: true }), c.amount('value', _('Amount'), { card: true }),
			c.text('change', _('Trend'), { num: true, card: true, text: (r) => format.trend(r.change_pct), tip: (r) => _('%s in the time before').format(format.bytes(r.before)) })
		].concat((kind == 'app') ? c.count('users', _('Devices'), { get: (r) => r.users.length, tip: (r) => r.users.map((u) => u.name).join(', ') }) : [])
	});

	frame.tools(picker.node);
	frame.add(page.grid(page.card(_('Applications'), rings[0]), page.card(_('Categories'), rings[1])),
		page.tabs([ { key: 'app', title: _('Applications') }, { key: 'category', title: _('Categories') } ], kind), find, list.node);
}

const one = (at) => at.app || at.category;

return page.view({
	title: _('Applications'),
	skeleton: [ 180, 480 ],
	back: (at) => one(at) ? { href: state.link('applications'), text: _('Applications') } : null,
	load: (at) => one(at) ? application.load(at) : ask(),
	draw: (frame, reply, at) => (one(at) ? application.draw : draw)(frame, reply, at)
});
