'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.local as local';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

// The page of one country or of one provider's network: when, who and with what.

const LARGEST = 8, NEWEST = 200;

const is = (at) => !!(at.country || at.asn);
const remote = (f) => (f.client.scope == 'remote') ? f.client : f.server;
const inside = (f) => (f.client.scope == 'remote') ? f.server : f.client;

function load(at) {
	const time = local.time(at), far = at.country ? { country: at.country } : { asn: +at.asn };
	const series = (metric) => api.call('series', Object.assign({ 'class': at.country ? 'country' : 'asn', key: at.country || 'AS' + at.asn, metric }, time));

	return Promise.all([ series('rx_bytes'), series('tx_bytes') ].concat(
		api.call('flow_history', Object.assign({ limit: NEWEST }, far, time)), api.call('flows', Object.assign({ limit: NEWEST }, far))
	)).catch((e) => {
		if (e.code == 'not_found')
			return null; // nothing is kept of it

		throw e;
	});
}

// largest is a card of what of() finds in flows, with their sums.
function largest(title, flows, of) {
	const sums = {};

	flows.forEach((f) => {
		const [ key, node ] = of(f), sum = sums[key] = sums[key] || { key, node, bytes: 0 };

		sum.bytes += columns.both(f.bytes);
	});

	const rows = Object.values(sums).sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST);

	return { first: rows[0], card: columns.bars(title, columns.items(rows, null, (r) => r.node()), _('Nothing is known of single flows in this time.')) };
}

function draw(frame, reply, at) {
	const picker = period.picker({ change: frame.reload });

	frame.tools(picker.node);

	const title = at.country ? names.countryName(at.country) : (reply && reply[0].label) || 'AS' + at.asn;

	frame.title(title);

	if (!reply)
		return frame.empty(_('No traffic with %s was seen in this time.').format(title), state.link('world'), _('To the map'));

	const [ rx, tx, ended, live ] = reply, flows = ended.flows.concat(live.flows);
	const rate = (s) => s.values.map((v) => v == null ? null : v * 8 / s.step), sum = (s) => s.values.reduce((a, v) => a + (v || 0), 0);
	const course = chart.area({ label: _('Traffic with %s').format(title), unit: 'rate', legend: false, zoom: picker.zoom });
	const apps = largest(_('Applications'), flows, (f) => {
		const key = f.app || f.protocol || 'unknown';

		return [ key, () => names.app(key) ];
	});

	const total = format.bytes(sum(rx) + sum(tx));

	frame.say(apps.first ? _('%s in this time, most of it %s.').format(total, names.appLabel(apps.first.key)) : _('%s in this time.').format(total));
	frame.add(page.card('', course.node), page.grid(
		largest(_('Devices'), flows, (f) => [ inside(f).device || inside(f).ip, () => names.host(inside(f)) ]).card, apps.card,
		largest(_('Far ends'), flows, (f) => [ f.host || remote(f).ip, () => names.host(Object.assign({}, remote(f), { name: f.host })) ]).card
	), E('p', { 'class': 'weir-note' }, [
		_('The lists are of the %d newest flows.').format(flows.length), ' ',
		E('a', { 'href': state.link('flows', { filter: at.country ? 'country:' + at.country : 'asn:' + at.asn }) }, [ _('Show its flows') ])
	]));
	course.update({ start: rx.start, step: rx.step, starts: rx.starts, series: [ { key: 'country', label: title, colour: chart.DOWN, rx: rate(rx), tx: rate(tx) } ] });
}

return baseclass.extend({ is, load, draw });
