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
const WHOLE = [ 'device', 'application', 'category', 'country', 'asn' ]; // whose members are parts of all traffic
const METRICS = { bytes: _('Amount'), packets: _('Packets'), flows: _('Flows'), retrans: _('Sent again') };

const label = (of, r) => ({ application: names.appLabel, category: names.categoryLabel, country: names.countryName }[of] || ((key) => r.label || key))(r.key);
const kind = (of, key) => ({ application: 'app' }[of] || of) + ':' + key;

function node(of, r) {
	if (r.key == 'other' || r.key == 'unknown')
		return E('span', {}, [ label(of, r) ]);

	return (of == 'device') ? E('a', { 'href': state.link('devices', { device: r.key }) }, [ label(of, r) ]) : (of == 'application') ? names.app(r) : (of == 'country') ? names.country(r.key) :
		(of == 'asn') ? names.asn(+r.key.slice(2), r.label) : E('span', {}, [ label(of, r) ]);
}

// ask returns the members of a class over a time, and the course of the largest.
function ask(at) {
	const of = CLASSES[at['class']] ? at['class'] : 'device', metric = METRICS[at.metric] ? at.metric : 'bytes';
	const time = { period: at.period || 'day', from: +at.from || null, to: +at.to || null };
	const parts = (metric == 'bytes') ? [ 'rx_bytes', 'tx_bytes' ] : [ metric ];
	const series = (c, key, when) => Promise.all(parts.map((m) => api.call('series', Object.assign({ 'class': c, key, metric: m }, when))));

	return api.call('compare', Object.assign({ 'class': of, metric, limit: 200 }, time)).then((all) => {
		const largest = all.compare.filter((r) => r.key != 'other').slice(0, SHOWN), none = () => null;

		return Promise.all([
			Promise.all(largest.map((r) => series(of, r.key, time))), series('total', null, time),
			all.before ? series('total', null, { period: 'custom', from: all.before.from, to: all.before.to }).catch(none) : null,
			api.call('events', { from: all.from, to: all.to }).catch(none)
		]).then(([ members, total, before, events ]) => ({ of, metric, all, largest, members, total, before, events }));
	});
}

// fitted puts a series onto the slots of another, which may begin earlier.
function fitted(s, to, by) {
	const starts = (r) => r.values.map((_v, i) => r.starts ? r.starts[i] : r.start + i * r.step), own = {};

	starts(s).forEach((t, i) => { own[t + (by || 0)] = s.values[i]; });

	return starts(to).map((t) => own[t] ?? null);
}

function course(data, picker, compared) {
	const base = data.total[0], rate = data.metric == 'bytes';
	const value = (v) => v == null ? null : rate ? v * 8 / base.step : v;
	const both = (pair, by) => pair.map((s) => fitted(s, base, by).map(value));
	const member = (key, name, pair) => (pair.length > 1) ? { key, label: name, rx: pair[0], tx: pair[1] } : { key, label: name, values: pair[0] };
	const drawn = data.members.map((m) => both(m)), all = both(data.total);
	const list = data.largest.map((r, i) => member(kind(data.of, r.key), label(data.of, r), drawn[i]));

	if (WHOLE.indexOf(data.of) >= 0)
		list.push(member('other', _('Others'), all.map((values, part) => values.map((v, i) =>
			v == null ? null : Math.max(0, v - drawn.reduce((sum, m) => sum + (m[part][i] || 0), 0))))));

	if (compared && data.before)
		list.push(Object.assign(member('before', _('All, the time before'), both(data.before, base.start - data.before[0].start)), { dashed: true, colour: 'currentColor' }));

	const picture = chart.area({ label: _('%s over time').format(CLASSES[data.of]), height: 300, unit: rate ? 'rate' : 'count', zoom: picker.zoom });

	picture.update({ start: base.start, step: base.step, starts: base.starts, series: list,
		marks: data.events ? data.events.events.map((e) => ({ ts: e.at ?? e.ts, text: e.text })) : [] });

	return picture.node;
}

function choice(title, all, now, fn) {
	return E('select', { 'class': 'cbi-input-select', 'aria-label': title, 'change': (ev) => fn(ev.target.value) },
		Object.keys(all).map((k) => E('option', { 'value': k, 'selected': (k == now) || null }, [ all[k] ])));
}

function list(data) {
	const show = (v) => (data.metric == 'bytes') ? format.bytes(v) : format.count(v), sum = data.all.sum.value;

	return local.list(() => data.all.compare, {
		id: 'history', label: CLASSES[data.of], sort: '-value', key: (r) => r.key, empty: _('Nothing is kept of this time.'),
		columns: [
			{ key: 'name', title: CLASSES[data.of], card: 'title', csv: (r) => label(data.of, r), dep: (r) => r.key + r.label, node: (r) => node(data.of, r) },
			local.share((r) => sum ? r.value / sum * 100 : null, (r) => chart.colour(data.largest.indexOf(r) >= 0 ? kind(data.of, r.key) : null)),
			columns.text('value', METRICS[data.metric], { get: (r) => show(r.value), num: true, card: true, csv: (r) => r.value, tip: (r) => format.exact(r.value) }),
			columns.text('before', _('The time before'), { get: (r) => show(r.before), num: true, csv: (r) => r.before }),
			columns.text('change', _('Trend'), { get: (r) => format.trend(r.change_pct), num: true, card: true, csv: (r) => r.change_pct })
		]
	});
}

function draw(frame, data, at) {
	const picker = period.picker({ change: frame.reload }), sum = data.all.sum, first = data.all.compare[0];
	const compared = at.compare != '0', amount = (data.metric == 'bytes') ? format.bytes(sum.value) : format.count(sum.value);
	const go = (name) => (value) => state.set({ [name]: value, sort: null });

	frame.tools(choice(_('What'), CLASSES, data.of, go('class')), ' ', choice(_('Measure'), METRICS, data.metric, go('metric')), ' ', picker.node);

	if (!first || !sum.value)
		return frame.say(_('Nothing is kept of this time.'));

	frame.say((sum.change_pct == null) ? _('%s in this time, most of it %s.').format(amount, label(data.of, first)) :
		_('%s in this time, %s on the time before; most of it %s.').format(amount, format.trend(sum.change_pct), label(data.of, first)));
	frame.add(page.card('', course(data, picker, compared), data.before ? E('label', { 'class': 'weir-note' }, [
		E('input', { 'type': 'checkbox', 'checked': compared || null, 'change': (ev) => state.set({ compare: ev.target.checked ? null : '0' }) }), ' ', _('Compare with the time before')
	]) : ''), list(data).node);
}

return page.view({ title: _('History'), skeleton: [ 360, 420 ], load: ask, draw });
