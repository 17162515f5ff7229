'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.local as local';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

const SHOWN = 7; // members with a colour of their own
const CLASSES = {
	device: _('Devices'), application: _('Applications'), category: _('Categories'), country: _('Countries'), asn: _('Networks of providers'),
	pool: _('Pools'), network: _('Networks'), zone: _('Zones'), 'interface': _('Interfaces')
};
const PARTS = [ 'device', 'application', 'category', 'country', 'asn' ]; // whose members make up all traffic
const METRICS = { bytes: _('Amount'), packets: _('Packets'), flows: _('Flows'), retrans: _('Sent again') };
const LABELS = { application: names.appLabel, category: names.categoryLabel, country: names.countryName };

const kind = (of, key) => ((of == 'application') ? 'app' : of) + ':' + key;
const label = (of, r) => (r.key == 'other') ? _('Others') : LABELS[of] ? LABELS[of](r.key) : r.label || r.key;

function node(of, r) {
	const page = { device: 'devices', application: 'applications', category: 'applications', country: 'world', asn: 'world' }[of];
	const param = { application: 'app' }[of] || of, key = (of == 'asn') ? r.key.slice(2) : r.key;

	return (page && r.key != 'other' && r.key != 'unknown') ? E('a', { 'href': state.link(page, { [param]: key }) }, [ label(of, r) ]) : label(of, r);
}

// ask returns the members of a class over a time, and the course of the largest.
function ask(at) {
	const of = CLASSES[at['class']] ? at['class'] : 'device', metric = METRICS[at.metric] ? at.metric : 'bytes', none = () => null;
	const parts = (metric == 'bytes') ? [ 'rx_bytes', 'tx_bytes' ] : [ metric ];
	const series = (c, key, time) => Promise.all(parts.map((m) => api.call('series', Object.assign({ 'class': c, key, metric: m }, time))));

	return api.call('compare', Object.assign({ 'class': of, metric, limit: 200 }, local.time(at))).then((all) => {
		const time = { period: 'custom', from: all.from, to: all.to }, largest = all.compare.filter((r) => r.key != 'other').slice(0, SHOWN);

		return Promise.all([
			Promise.all(largest.map((r) => series(of, r.key, time))), series('total', null, time),
			all.before && series('total', null, Object.assign({ period: 'custom' }, all.before)).catch(none),
			api.call('events', { from: all.from, to: all.to }).catch(none)
		]).then(([ members, total, before, events ]) => ({ of, metric, all, largest, members, total, before, events }));
	});
}

const starts = (s) => s.starts || s.values.map((_v, i) => s.start + i * s.step);

// later is a series some seconds later.
const later = (s, by) => Object.assign({}, s, { starts: starts(s).map((t) => t + by) });

// fitted sums a series up in the slots of another, whose are as long or longer.
function fitted(s, to) {
	const at = starts(to), values = at.map(() => null);
	let slot = 0;

	starts(s).forEach((t, i) => {
		while (slot < at.length - 1 && t >= at[slot + 1])
			slot++;

		if (s.values[i] != null && t >= at[slot])
			values[slot] = (values[slot] || 0) + s.values[i];
	});

	return values;
}

function course(d, picker, compared) {
	const before = (compared && d.before) ? d.before.map((s) => later(s, d.all.from - d.all.before.from)) : null;
	// Not all is kept as finely: the longest slots are those of the picture.
	const base = d.members.concat(before ? [ before ] : []).map((m) => m[0]).reduce((a, b) => (b.step > a.step) ? b : a, d.total[0]);
	const factor = (d.metric == 'bytes') ? 8 / base.step : 1, both = (pair) => pair.map((s) => fitted(s, base).map((v) => v == null ? null : v * factor));
	const member = (key, name, pair) => (pair.length > 1) ? { key, label: name, rx: pair[0], tx: pair[1] } : { key, label: name, values: pair[0] };
	const drawn = d.members.map((m) => both(m)), list = d.largest.map((r, i) => member(kind(d.of, r.key), label(d.of, r), drawn[i]));

	if (PARTS.indexOf(d.of) >= 0)
		list.push(member('other', _('Others'), both(d.total).map((values, part) => values.map((v, i) =>
			v == null ? null : Math.max(0, v - drawn.reduce((sum, m) => sum + (m[part][i] || 0), 0))))));

	if (before)
		list.push(Object.assign(member('before', _('All, the time before'), both(before)), { dashed: true, colour: 'currentColor' }));

	const picture = chart.area({ label: _('%s over time').format(CLASSES[d.of]), height: 300, unit: (d.metric == 'bytes') ? 'rate' : 'count', zoom: picker.zoom });

	picture.update({ start: base.start, step: base.step, starts: base.starts, series: list, marks: d.events ? d.events.events.map((e) => ({ ts: e.at, text: e.text })) : [] });

	return picture.node;
}

function draw(frame, d, at) {
	const picker = period.picker({ change: frame.reload }), sum = d.all.sum, first = d.all.compare[0], compared = at.compare != '0';
	const show = (d.metric == 'bytes') ? format.bytes : format.count;

	const choice = (title, all, now, name) => E('select', { 'class': 'cbi-input-select', 'aria-label': title, 'change': (ev) => state.set({ [name]: ev.target.value }) },
		Object.keys(all).map((k) => E('option', { 'value': k, 'selected': (k == now) || null }, [ all[k] ])));

	frame.tools(choice(_('What'), CLASSES, d.of, 'class'), choice(_('Measure'), METRICS, d.metric, 'metric'), picker.node);

	if (!first || !sum.value)
		return frame.say(_('Nothing is kept of this time.'));

	frame.say((sum.change_pct == null) ? _('%s in this time, most of it %s.').format(show(sum.value), label(d.of, first)) :
		_('%s in this time, %s on the time before; most of it %s.').format(show(sum.value), format.trend(sum.change_pct), label(d.of, first)));
	frame.add(page.card('', course(d, picker, compared), d.before ? E('label', {}, [
		E('input', { 'type': 'checkbox', 'checked': compared || null, 'change': (ev) => state.set({ compare: ev.target.checked ? null : '0' }) }), ' ', _('Compare with the time before')
	]) : ''));

	frame.add(local.list(() => d.all.compare, {
		id: 'history', label: CLASSES[d.of], sort: '-value', key: (r) => r.key,
		columns: [
			columns.node('name', CLASSES[d.of], { card: 'title', get: (r) => label(d.of, r), node: (r) => node(d.of, r) }),
			local.share((r) => r.value / sum.value * 100, (r) => chart.colour(d.largest.indexOf(r) < 0 ? null : kind(d.of, r.key))),
			columns.count('value', METRICS[d.metric], { card: true, text: (r) => show(r.value) }),
			columns.count('before', _('The time before'), { text: (r) => show(r.before) }), local.trend()
		]
	}).node);
}

return page.view({ title: _('History'), skeleton: [ 390, 420 ], load: ask, draw });
