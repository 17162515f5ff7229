'use strict';
'require baseclass';
'require weir.api as api';
'require weir.columns as c';
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

// users are the devices that used it in the last day; of what the matrix does not
// have, those of live flows.
function users(key, flows, matrix) {
	const i = matrix.columns.findIndex((column) => column.key == key), called = {};

	if (i >= 0)
		return matrix.rows.filter((r) => r.cells[i]).map((r) => ({ key: r.key, id: r.key, name: r.label, bytes: r.cells[i] })).sort((a, b) => b.bytes - a.bytes);

	return count(flows, (f) => {
		const end = f.client.device ? f.client : f.server;

		called[end.device] = end.name;

		return end.device;
	}).map((r) => Object.assign(r, { id: r.key, name: called[r.key] }));
}

function draw(frame, [ { flows }, matrix, { compare } ], at) {
	const key = at.app || at.category, label = at.app ? names.appLabel(key) : names.categoryLabel(key);
	const used = compare.find((r) => r.key == key), who = users(key, flows, matrix);

	frame.title(label);
	frame.say(!used ? _('%s was not used in the last day.').format(label) : !who.length ? _('%s moved %s in the last day.').format(label, format.bytes(used.value)) :
		_('%s moved %s in the last day, most of it for %s.').format(label, format.bytes(used.value), names.deviceLabel(who[0])));
	tabs.history.draw(frame, null, subject(at));
	frame.add(page.grid(
		c.bars(_('Who used it'), c.items(who, 'device', names.device)),
		c.bars(_('Names it is reached by'), c.items(count(flows, (f) => f.host), null, (r) => r.key), _('No flow is alive now.')),
		c.bars(_('Recognised by'), c.items(count(flows, (f) => HOW[f.app_by || f.by]), null, (r) => r.key), _('No flow is alive now.'))));
	tabs.flows.draw(frame, null, subject(at));
}

return baseclass.extend({ load, draw });
