'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.local as local';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';
'require weir.tabs as tabs';

const KINDS = { app: names.appLabel, category: names.categoryLabel };
const PARTS = 5; // of the rings, beside the rest

// ask returns applications and categories of a time, each beside the time before,
// and who used which application.
function ask() {
	const time = period.picker({}).args(), compare = (of) => api.call('compare', Object.assign({ 'class': of, limit: 200 }, time));

	return Promise.all([ compare('application'), compare('category'), api.call('matrix', Object.assign({ rows: 50, columns: 50 }, time)) ]);
}

// users are the devices that used an application, whoever used it most first.
function users({ columns, rows }, key) {
	const i = columns.findIndex((column) => column.key == key);

	return (i < 0) ? [] : rows.filter((r) => r.cells[i]).map((r) => ({ key: r.key, id: r.key, name: r.label || r.key, bytes: r.cells[i] })).sort((a, b) => b.bytes - a.bytes);
}

function ring(kind, { compare, sum }) {
	const rows = compare.slice(0, PARTS), rest = rows.reduce((n, r) => n - r.value, sum.value || 0);
	const parts = rows.map((r) => ({ key: kind + ':' + r.key, label: KINDS[kind](r.key), value: r.value }));

	return chart.donut(rest > 0 ? parts.concat({ key: 'other', label: _('The rest'), value: rest }) : parts, _('Shares'));
}

function draw(frame, reply, at) {
	const kind = KINDS[at.tab] ? at.tab : 'app', label = (r) => KINDS[kind](r.key), rings = [ E('div'), E('div') ];
	const picker = period.picker({ change: () => ask().then(update) });
	const find = c.find(() => list.reset());
	let rows = [];

	const show = (reply) => {
		const [ apps, categories, matrix ] = reply, shown = (kind == 'app') ? apps : categories, first = apps.compare[0], part = (r) => r.value / apps.sum.value * 100;
		const most = first && users(matrix, first.key)[0];

		rows = shown.compare.map((r) => Object.assign(r, { users: users(matrix, r.key), share: r.value / shown.sum.value * 100 }));
		rings[0].replaceChildren(ring('app', apps));
		rings[1].replaceChildren(ring('category', categories));
		frame.say(!first ? _('No traffic was seen in this time.') : !most ? _('%s made %s of the traffic.').format(names.appLabel(first.key), format.percent(part(first))) :
			_('%s made %s of the traffic, %s of that for %s.').format(names.appLabel(first.key), format.percent(part(first)), format.percent(most.bytes / first.value * 100), most.name));
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

// A page of one application or category: who used it, when, under which names, and how
// it is recognised.

const HOW = {
	own: _('a rule of your own'), name: _('the name that was asked for'), network: _('the network it is in'), port: _('its port, which is a hint only'),
	content: _('what is said'), guess: _('the shape of what is said')
};

const subject = (at) => at.app ? { app: at.app } : { category: at.category };

function about(at) {
	return Promise.all([
		api.call('flows', Object.assign({ limit: 200 }, subject(at))),
		api.call('matrix', { rows: 50, columns: 50 }),
		api.call('compare', { 'class': at.app ? 'application' : 'category', limit: 200 })
	]);
}

// count adds up the bytes of flows by what of() tells of each, largest first.
function count(flows, of) {
	const sums = {};

	flows.forEach((f) => {
		const key = of(f);

		if (key)
			sums[key] = (sums[key] || 0) + c.both(f.bytes);
	});

	return Object.keys(sums).map((key) => ({ key, bytes: sums[key] })).sort((a, b) => b.bytes - a.bytes).slice(0, 10);
}

function one(frame, [ { flows }, matrix, { compare } ], at) {
	const key = at.app || at.category, label = at.app ? names.appLabel(key) : names.categoryLabel(key);
	const used = compare.find((r) => r.key == key), who = users(matrix, key);

	frame.title(label);
	frame.say(!used ? _('%s was not used in the last day.').format(label) : !who.length ? _('%s moved %s in the last day.').format(label, format.bytes(used.value)) :
		_('%s moved %s in the last day, most of it for %s.').format(label, format.bytes(used.value), names.deviceLabel(who[0])));
	tabs.history.draw(frame, null, subject(at));
	frame.add(page.grid(
		at.app ? c.bars(_('Who used it'), c.items(who, 'device', names.device)) : c.bars(_('Who uses it now'), c.items(count(flows, (f) => f.client.name || f.client.ip), null, (r) => r.key)),
		c.bars(_('Names it is reached by'), c.items(count(flows, (f) => f.host), null, (r) => r.key), _('No flow is alive now.')),
		c.bars(_('Recognised by'), c.items(count(flows, (f) => HOW[f.app_by || f.by]), null, (r) => r.key), _('No flow is alive now.'))));
	tabs.flows.draw(frame, null, subject(at));
}

return page.view({
	title: _('Applications'),
	skeleton: [ 180, 480 ],
	back: (at) => (at.app || at.category) ? { href: state.link('applications'), text: _('Applications') } : null,
	load: (at) => (at.app || at.category) ? about(at) : ask(),
	draw: (frame, reply, at) => ((at.app || at.category) ? one : draw)(frame, reply, at)
});
