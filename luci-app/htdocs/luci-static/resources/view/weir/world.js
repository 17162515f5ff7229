'use strict';
'require weir.api as api';
'require weir.atlas as atlas';
'require weir.chart as chart';
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

function ask(method, args) { return api.call(method, Object.assign({ limit: 200 }, args)); }

// isNew tells of a row that something is known of the time before, and that it was nothing.
const isNew = (row) => row.before === 0;

function trend() {
	return { key: 'change', title: _('Trend'), num: true, card: true, csv: (r) => r.change_pct,
		text: (r) => isNew(r) ? _('new') : format.trend(r.change_pct), tip: (r) => _('%s in the time before').format(format.bytes(r.before)) };
}

function list(get, title, more) {
	return local.list(get, Object.assign({
		label: title, keep: false, key: (r) => r.key, sort: '-bytes', empty: _('No traffic was seen in this time.'),
		columns: [
			{ key: 'key', title, card: 'title', dep: (r) => r.key + r.label, csv: (r) => r.label || r.key, node: more.node },
			local.share((r) => r.share),
			columns.amount('bytes', _('Amount'), { card: true }),
			trend(),
			columns.count('flows', _('Flows'), { hidden: true }),
			columns.text('rtt', _('Latency'), { get: (r) => format.ms(r.rtt), num: true, csv: (r) => r.rtt, hidden: true })
		]
	}, more));
}

function say(frame, reply, fresh) {
	const rows = reply.countries.filter(code), first = rows[0];

	if (!first)
		return frame.say(_('No traffic with other countries was seen in this time.'));

	const text = _('%s of the traffic was with %s, the rest with %d other countries.')
		.format(format.percent(first.share), names.countryName(first.key), rows.length - 1);

	frame.say(fresh.length ? text + ' ' + _('New this week: %s.').format(fresh.slice(0, 5).map((r) => names.countryName(r.key)).join(', ')) : text);
}

// unknown is the page of a router without a database: how to get one, and what can be
// told all the same.
function unknown(frame, problem, domains) {
	frame.say(_('Where the far ends are is not known: there is no database of countries yet.'));
	frame.add(page.card(_('How to get one'),
		problem ? E('p', { 'class': 'alert-message warning' }, [ problem.message ]) : '',
		E('p', {}, [ _('Weir asks nobody on the internet where an address is. It looks that up in files that you bring, from a publisher whose licence suits you.') ]),
		E('ol', {}, [
			E('li', {}, [ _('Get the free country and ASN files of DB-IP Lite, IPinfo Lite, MaxMind GeoLite2 or iptoasn.') ]),
			E('li', {}, [ _('Make them small on a computer: “weir geo build country country.db FILE”, and the same with “asn”. An MMDB can be used as it is.') ]),
			E('li', {}, [ _('Copy them to the router, and name them in the settings.'), ' ',
				E('a', { 'href': state.link('settings', { tab: 'geo' }) }, [ _('To the settings') ]) ])
		])));
	frame.add(page.card(_('Who the house talks to, by name'), local.list(() => domains.domains, {
		id: 'domains', label: _('Domains'), key: (r) => r.domain, sort: '-bytes', empty: _('No traffic was seen in this time.'),
		columns: [
			{ key: 'domain', title: _('Domain'), card: 'title', text: (r) => r.domain },
			local.share((r) => r.share),
			columns.amount('bytes', _('Amount'), { card: true }),
			columns.count('devices', _('Devices'), { card: true })
		]
	}).node));
}

function draw(frame, reply) {
	let [ countries, asns ] = reply;
	const [ , , week, status ] = reply, problem = status.config.errors.find((e) => e.section == 'geo');

	if (!countries.countries.some(code) && !asns.total && (problem || status.flows.new > 0))
		return ask('domains', {}).then((domains) => unknown(frame, problem, domains));

	const picker = period.picker({ change: frame.reload }), fresh = week.countries.filter(code).filter(isNew), world = atlas.create();
	const far = (r) => code(r) ? { country: r.key } : /^AS\d+$/.test(r.key) ? { asn: r.key.slice(2) } : null;
	const link = (r) => far(r) ? state.link('world', far(r)) : null, others = () => E('span', {}, [ _('Others') ]);
	const byCountry = list(() => countries.countries, _('Country'), { id: 'countries', link, node: (r) => far(r) ? names.country(r.key) : others() });
	const byNetwork = list(() => asns.asns, _('Network'), { id: 'asns', link, node: (r) => far(r) ? names.asn(+r.key.slice(2), r.label) : others() });

	const show = () => {
		say(frame, countries, fresh);
		world.update(countries.countries.filter(code).map((r) => ({ key: r.key, value: r.bytes.tx + r.bytes.rx, pct: r.share || 0 })));
	};

	frame.tools(picker.node);
	frame.add(page.card('', world.node), page.grid(page.card(_('Countries'), byCountry.node), page.card(_('Networks of providers'), byNetwork.node)),
		E('p', { 'class': 'weir-note' }, [ _('Places are approximate: a company’s addresses abroad often count as its home country, and large services answer from nearby.') ]));
	show();
	frame.live(api.poll(frame.node, REFRESH, () => Promise.all([ ask('countries', picker.args()), ask('asns', picker.args()) ]).then((now) => {
		[ countries, asns ] = now;
		show();

		return Promise.all([ byCountry.refresh(), byNetwork.refresh() ]);
	})));
}

return page.view({
	title: _('World'),
	skeleton: [ 420, 480 ],
	back: (at) => place.is(at) ? { href: state.link('world', { period: at.period, from: at.from, to: at.to }), text: _('World') } : null,
	load: (at) => place.is(at) ? place.load(at) : Promise.all([
		ask('countries', place.time(at)), ask('asns', place.time(at)), ask('countries', { period: 'week' }), api.call('status')
	]),
	draw: (frame, reply, at) => (place.is(at) ? place.draw : draw)(frame, reply, at)
});
