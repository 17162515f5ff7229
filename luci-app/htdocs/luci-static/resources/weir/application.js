'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.tabs as tabs';

// The page of one application or category: who used it, when, under which names,
// and how it is recognised.

const HOW = {
	own: _('a rule of your own'), name: _('the name that was asked for'), network: _('the network it is in'), port: _('its port, which is a hint only'),
	content: _('what is said'), guess: _('the shape of what is said')
};

const subject = (at) => at.app ? { app: at.app } : { category: at.category };

function load(at) {
	return Promise.all([
		api.call('flows', Object.assign({ limit: 200 }, subject(at))), api.call('matrix', { rows: 50, columns: 50, period: 'day' }),
		at.app ? api.call('top', { 'class': 'application', text: at.app, limit: 50, period: 'day' }) : api.call('top', { 'class': 'category', limit: 200, period: 'day' })
	]);
}

// count adds up the bytes of flows by what of() tells of each, largest first.
function count(flows, of) {
	const sums = {};

	flows.forEach((f) => {
		const key = of(f);

		if (key != null)
			sums[key] = (sums[key] || 0) + columns.both(f.bytes);
	});

	return Object.keys(sums).map((key) => ({ key, bytes: sums[key] })).sort((a, b) => b.bytes - a.bytes).slice(0, 12);
}

// users are the devices that used it in the last day; of a category, by live flows.
function users(at, flows, matrix) {
	const i = at.app ? matrix.columns.findIndex((c) => c.key == at.app) : -1;

	if (i >= 0)
		return matrix.rows.map((r) => ({ key: r.key, id: +r.key, name: r.label, bytes: r.cells[i] })).filter((r) => r.bytes)
			.sort((a, b) => b.bytes - a.bytes);

	const called = {};

	return count(flows, (f) => {
		const end = f.client.device ? f.client : f.server;

		called[end.device] = end.name;

		return end.device;
	}).map((r) => Object.assign(r, { id: +r.key, name: called[r.key] }));
}

function draw(frame, [ live, matrix, top ], at) {
	const key = at.app || at.category, label = at.app ? names.appLabel(key) : names.categoryLabel(key);
	const used = top.top.find((r) => r.key == key), who = users(at, live.flows, matrix);
	const how = count(live.flows, (f) => HOW[f.app_by || f.by]), called = count(live.flows, (f) => f.host);

	frame.title(label);
	frame.say(!used ? _('%s was not used in the last day.').format(label) : who.length ?
		_('%s moved %s in the last day, most of it for %s.').format(label, format.bytes(columns.both(used.bytes)), names.deviceLabel(who[0])) :
		_('%s moved %s in the last day.').format(label, format.bytes(columns.both(used.bytes))));

	tabs.history.draw(frame, null, subject(at));
	frame.add(page.grid(
		tabs.barcard(_('Who used it'), tabs.bars(who, 'device', names.device)),
		tabs.barcard(_('Names it was reached by'), tabs.bars(called, null, (r) => r.key)),
		tabs.barcard(_('Recognised by'), tabs.bars(how, null, (r) => r.key))
	));
	tabs.flows.draw(frame, null, subject(at));
}

return baseclass.extend({ load, draw });
