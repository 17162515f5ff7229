'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

// The page of one country or of one provider's network: when, who and with what.

const LARGEST = 8, NEWEST = 200;

const is = (at) => !!(at.country || at.asn);
const only = (at) => at.country ? { country: at.country } : { asn: +at.asn };
const time = (at) => ({ period: at.period || 'day', from: +at.from || null, to: +at.to || null });
const label = (at, name) => at.country ? names.countryName(at.country) : (name ? _('%s (AS %s)').format(name, at.asn) : _('AS %s').format(at.asn));

function load(at) {
	const when = time(at), far = only(at);
	const series = (metric) => api.call('series', Object.assign({ 'class': at.country ? 'country' : 'asn', key: at.country || 'AS' + at.asn, metric }, when));

	return Promise.all([
		series('rx_bytes'), series('tx_bytes'),
		api.call('flow_history', Object.assign({ limit: NEWEST }, far, when)), api.call('flows', Object.assign({ limit: NEWEST }, far))
	]).catch((e) => {
		if (e.code == 'not_found')
			return null; // nothing is kept of it

		throw e;
	});
}

// largest sums flows up by what of() finds in them, the largest first.
function largest(flows, of) {
	const sums = {};

	flows.forEach((f) => {
		const item = of(f), sum = sums[item.key] = sums[item.key] || Object.assign({ value: 0 }, item);

		sum.value += f.bytes.tx + f.bytes.rx;
	});

	return Object.values(sums).sort((a, b) => b.value - a.value).slice(0, LARGEST);
}

function bars(items) {
	const list = page.bars();

	list.update(items.map((i) => Object.assign({ text: format.bytes(i.value), colour: chart.colour(i.key) }, i)));

	return items.length ? list.node : E('p', { 'class': 'weir-note' }, [ _('Nothing is known of single flows in this time.') ]);
}

const device = (f) => {
	const end = (f.client.scope == 'remote') ? f.server : f.client;
	const d = { id: end.device, name: end.name || end.ip };

	return { key: 'device:' + (d.id || end.ip), node: d.id ? names.device(d) : E('span', {}, [ d.name ]) };
};

const app = (f) => {
	const key = f.app || f.protocol || 'unknown';

	return { key: 'app:' + key, node: names.app(key) };
};

const host = (f) => {
	const end = (f.client.scope == 'remote') ? f.client : f.server;

	return { key: 'host:' + (f.host || end.ip), node: names.host(Object.assign({}, end, f.host ? { name: f.host } : {})) };
};

function draw(frame, reply, at) {
	const picker = period.picker({ change: frame.reload });

	frame.tools(picker.node);

	if (!reply)
		return frame.empty(_('No traffic with %s was seen in this time.').format(label(at)), state.link('world'), _('To the map'));

	const [ rx, tx, ended, live ] = reply, flows = ended.flows.concat(live.flows), name = label(at, rx.label);
	const rate = (values) => values.map((v) => v == null ? null : v * 8 / rx.step), sum = (values) => values.reduce((a, v) => a + (v || 0), 0);
	const apps = largest(flows, app), total = sum(rx.values) + sum(tx.values);
	const course = chart.area({ label: _('Traffic with %s').format(name), unit: 'rate', legend: false, zoom: picker.zoom });

	frame.title(name);
	frame.say(apps.length ? _('%s in this time, most of it %s.').format(format.bytes(total), names.appLabel(apps[0].key.slice(4))) : _('%s in this time.').format(format.bytes(total)));
	frame.add(page.card('', course.node));
	frame.add(page.grid(
		page.card(_('Devices'), bars(largest(flows, device))), page.card(_('Applications'), bars(apps)), page.card(_('Far ends'), bars(largest(flows, host)))
	), E('p', { 'class': 'weir-note' }, [
		_('The lists are of the %d newest flows.').format(flows.length), ' ',
		E('a', { 'href': state.link('flows', { filter: at.country ? 'country:' + at.country : 'asn:' + at.asn }) }, [ _('Show its flows') ])
	]));
	course.update({ start: rx.start, step: rx.step, starts: rx.starts, series: [
		{ key: at.country ? 'country:' + at.country : 'asn:AS' + at.asn, label: name, rx: rate(rx.values), tx: rate(tx.values) }
	] });
}

return baseclass.extend({ is, time, load, draw });
