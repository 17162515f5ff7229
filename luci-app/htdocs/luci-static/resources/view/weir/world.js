'use strict';
'require weir.api as api';
'require weir.atlas as atlas';
'require weir.columns as columns';
'require weir.format as format';
'require weir.local as local';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.place as place';
'require weir.state as state';

const REFRESH = 30; // seconds

const code = (row) => /^[A-Z]{2}$/.test(row.key);
const network = (row) => /^AS\d+$/.test(row.key);
const ask = (method, args) => api.call(method, Object.assign({ limit: 200 }, args));

function list(id, label, title, get, node) {
	return local.list(get, {
		id, label, key: (r) => r.key, sort: '-bytes', empty: _('No traffic was seen in this time.'),
		columns: [
			{ key: 'key', title, card: 'title', dep: (r) => r.key + r.label, csv: (r) => r.label || r.key, node: (r) => (code(r) || network(r)) ? node(r) : _('Others') },
			local.share((r) => r.share), columns.amount('bytes', _('Amount'), { card: true }), local.trend(),
			columns.count('flows', _('Flows'), { hidden: true }),
			columns.text('rtt', _('Latency'), { get: (r) => format.ms(r.rtt), num: true, csv: (r) => r.rtt, hidden: true })
		]
	});
}

function sentence(rows, fresh) {
	if (!rows.length)
		return _('No traffic with other countries was seen in this time.');

	const text = _('%s of the traffic was with %s, the rest with %d other countries.')
		.format(format.percent(rows[0].share), names.countryName(rows[0].key), rows.length - 1);

	return fresh.length ? text + ' ' + _('New this week: %s.').format(fresh.slice(0, 5).map((r) => names.countryName(r.key)).join(', ')) : text;
}

const networks = (get) => list('asns', _('Networks of providers'), _('Network'), get, (r) => names.asn(+r.key.slice(2), r.label));

function domains(rows) {
	return local.list(() => rows, {
		id: 'domains', label: _('Domains'), key: (r) => r.domain, sort: '-bytes', empty: _('No traffic was seen in this time.'),
		columns: [
			columns.text('domain', _('Domain'), { card: 'title' }), local.share((r) => r.share),
			columns.amount('bytes', _('Amount'), { card: true }), columns.count('devices', _('Devices'), { card: true })
		]
	});
}

// unknown is the page without countries: how to get them, and what can be told all the same.
function unknown(frame, problem, asns) {
	frame.say(_('Where the far ends are is not known: there is no database of countries yet.'));
	frame.add(page.card(_('How to get one'),
		problem ? E('p', { 'class': 'alert-message warning' }, [ problem.message ]) : '',
		E('p', {}, [ _('Weir asks nobody on the internet where an address is. It looks that up in files that you bring, from a publisher whose licence suits you.') ]),
		E('ol', {}, [
			_('Get the free country and ASN files of DB-IP Lite, IPinfo Lite, MaxMind GeoLite2 or iptoasn.'),
			_('Make them small on a computer: “weir geo build country country.db FILE”, and the same with “asn”. An MMDB can be used as it is.'),
			_('Copy them to the router, and name them in the settings.')
		].map((text) => E('li', {}, [ text ]))),
		E('a', { 'href': state.link('settings', { tab: 'geo' }) }, [ _('To the settings') ])));

	if (asns.some(network))
		return frame.add(page.card(_('Networks of providers'), networks(() => asns).node));

	return ask('domains').then((reply) => frame.add(page.card(_('Who the house talks to, by name'), domains(reply.domains).node)));
}

function draw(frame, reply) {
	let [ countries, asns ] = reply;
	const [ , , week, status ] = reply, problem = status.config.errors.find((e) => e.section == 'geo');

	if (!countries.countries.some(code) && (problem || countries.total))
		return unknown(frame, problem, asns.asns);

	const picker = period.picker({ change: frame.reload }), world = atlas.create();
	const fresh = week.countries.filter((r) => code(r) && r.before === 0);
	const lists = [
		list('countries', _('Countries'), _('Country'), () => countries.countries, (r) => names.country(r.key)),
		networks(() => asns.asns)
	];

	frame.tools(picker.node);
	frame.add(page.card('', world.node), page.grid(page.card(_('Countries'), lists[0].node), page.card(_('Networks of providers'), lists[1].node)),
		E('p', { 'class': 'weir-note' }, [ _('Places are approximate: a company’s addresses abroad often count as its home country, and large services answer from nearby.') ]));

	local.follow(frame, REFRESH, reply, () => Promise.all([ ask('countries', picker.args()), ask('asns', picker.args()) ]), (now) => {
		[ countries, asns ] = now;

		const rows = countries.countries.filter(code);

		frame.say(sentence(rows, fresh));
		world.update(rows.map((r) => ({ key: r.key, value: columns.both(r.bytes), pct: r.share || 0 })));

		return Promise.all(lists.map((l) => l.refresh()));
	});
}

return page.view({
	title: _('World'),
	skeleton: [ 520, 480 ],
	back: (at) => place.is(at) ? { href: state.link('world', { period: at.period, from: at.from, to: at.to }), text: _('World') } : null,
	load: (at) => place.is(at) ? place.load(at) : Promise.all([
		ask('countries', local.time(at)), ask('asns', local.time(at)), ask('countries', { period: 'week' }), api.call('status')
	]),
	draw: (frame, reply, at) => (place.is(at) ? place.draw : draw)(frame, reply, at)
});
