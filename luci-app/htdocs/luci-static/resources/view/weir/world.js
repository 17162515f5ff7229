'use strict';
'require weir.api as api';
'require weir.atlas as atlas';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
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

function list(method, title, args, more) {
	return columns.list(method, Object.assign({
		label: title, args, keep: false, key: (r) => r.key, sort: '-bytes', empty: _('No traffic was seen in this time.'),
		columns: [
			{ key: 'key', title, card: 'title', dep: (r) => r.key + r.label, csv: (r) => r.label || r.key, node: more.node },
			columns.share('share', _('Share'), (r) => r.share, (r) => chart.colour(more.kind + ':' + r.key), { card: true }),
			columns.amount('bytes', _('Amount'), (r) => r.bytes, { sort: 'bytes', card: true }),
			trend(),
			columns.count('flows', _('Flows'), (r) => r.flows, { sort: 'flows' }),
			columns.text('rtt', _('Latency'), (r) => format.ms(r.rtt), { num: true, sort: 'rtt', csv: (r) => r.rtt })
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
function unknown(frame, problem) {
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
	frame.add(page.card(_('Who the house talks to, by name'), columns.list('domains', {
		label: _('Domains'), key: (r) => r.domain, tools: false, sort: '-bytes', empty: _('No traffic was seen in this time.'),
		columns: [
			{ key: 'domain', title: _('Domain'), card: 'title', text: (r) => r.domain },
			columns.share('share', _('Share'), (r) => r.share, () => chart.DOWN, { card: true }),
			columns.amount('bytes', _('Amount'), (r) => r.bytes, { sort: 'bytes', card: true }),
			columns.count('devices', _('Devices'), (r) => r.devices, { sort: 'devices', card: true })
		]
	}).node));
}

function draw(frame, reply) {
	const [ first, week, asns, status ] = reply;

	if (!first.countries.some(code) && !asns.total && (status.config.errors.some((e) => e.section == 'geo') || status.flows.new > 0))
		return unknown(frame, status.config.errors.find((e) => e.section == 'geo'));

	const picker = period.picker({ change: frame.reload }), args = () => picker.args(), fresh = week.countries.filter(code).filter(isNew);
	const world = atlas.create();
	const byCountry = list('countries', _('Country'), args, { kind: 'country',
		node: (r) => code(r) ? names.country(r.key) : E('span', {}, [ _('Others') ]), link: (r) => code(r) ? state.link('world', { country: r.key }) : null });
	const byNetwork = list('asns', _('Network'), args, { kind: 'asn',
		node: (r) => /^AS\d+$/.test(r.key) ? names.asn(+r.key.slice(2), r.label) : E('span', {}, [ _('Others') ]),
		link: (r) => /^AS\d+$/.test(r.key) ? state.link('world', { asn: r.key.slice(2) }) : null });

	const show = (now) => {
		say(frame, now, fresh);
		world.update(now.countries.filter(code).map((r) => ({ key: r.key, value: r.bytes.tx + r.bytes.rx, pct: r.share || 0 })));
	};

	frame.tools(picker.node);
	frame.add(page.card('', world.node), page.grid(page.card(_('Countries'), byCountry.node), page.card(_('Networks of providers'), byNetwork.node)),
		E('p', { 'class': 'weir-note' }, [ _('Places are approximate: a company’s addresses abroad often count as its home country, and large services answer from nearby.') ]));
	show(first);
	frame.live(api.poll(frame.node, REFRESH, () => ask('countries', picker.args()).then((now) => {
		show(now);

		return Promise.all([ byCountry.refresh(), byNetwork.refresh() ]);
	})));
}

return page.view({
	title: _('World'),
	skeleton: [ 420, 480 ],
	back: (at) => place.is(at) ? { href: state.link('world', { period: at.period, from: at.from, to: at.to }), text: _('World') } : null,
	load: (at) => place.is(at) ? place.load(at) : Promise.all([
		ask('countries', place.time(at)), ask('countries', { period: 'week' }), ask('asns', { limit: 1 }), api.call('status')
	]),
	draw: (frame, reply, at) => (place.is(at) ? place.draw : draw)(frame, reply, at)
});
