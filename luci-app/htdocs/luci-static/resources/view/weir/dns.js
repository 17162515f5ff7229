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

const REFRESH = 5;   // seconds
const VIA = { dns: _('in the clear'), dot: 'DoT', doh: 'DoH', doq: 'DoQ', mdns: 'mDNS', llmnr: 'LLMNR' };
const ANSWERS = {
	ok: _('answered'), noerror: _('answered'), nxdomain: _('no such name'), servfail: _('resolver failed'),
	refused: _('refused'), error: _('other errors'), unanswered: _('no answer')
};
const COLOURS = { ok: '#0072b2', nxdomain: '#e69f00', servfail: '#d55e00', refused: '#cc79a7', error: '#8f4173', unanswered: chart.GREY };
const STATES = { answered: _('answered'), waiting: _('waiting'), lost: _('no answer') };
const WRONG = [ 'nxdomain', 'servfail', 'refused', 'other' ];

const bad = (counts) => WRONG.reduce((n, k) => n + counts.answers[k], counts.lost);
const who = (id, name, ip) => id ? E('a', { 'href': state.link('devices', { device: id }) }, [ name || ip || _('Device %s').format(id) ]) : E('span', {}, [ ip || '–' ]);

// device is the column of who asked: in some lists a name is the device's, in others
// that asked for.
function device(more) {
	const name = (r) => ('device_name' in r) ? r.device_name : r.name;

	return Object.assign({ key: 'device', title: _('Device'), card: true, dep: (r) => r.device + (name(r) || ''), csv: (r) => name(r) || r.client,
		node: (r) => who(r.device, name(r), r.client) }, more);
}

// The tabs: each is a list, or several with headings.
const lists = {
	'': (data, args) => local.paged('dns_top', 'names', args, { label: _('Names asked for most'), key: (r) => r.name, empty: _('No name was asked for yet.'), columns: [
		{ key: 'name', title: _('Name'), card: 'title', text: (r) => r.name, csv: (r) => r.name },
		columns.count('count', _('Questions'), { card: true, tip: (r) => r.over ? _('at most %d too many').format(r.over) : '' }),
		columns.count('nxdomain', _('No such name'), { card: true })
	] }),

	devices: (data) => local.list(() => data.top.devices, { sort: '-queries', label: _('Devices that ask'), id: 'dns-devices', key: (r) => r.device, empty: _('No device has asked yet.'), columns: [
		device({ card: 'title' }),
		columns.count('queries', _('Questions'), { card: true }),
		columns.count('bad', _('Failed'), { get: bad, card: true }),
		columns.text('ms', _('Time to answer'), { get: (r) => format.ms(r.ms.mean), num: true, csv: (r) => r.ms.mean }),
		columns.count('repeats', _('Asked again'), { hidden: true }),
		columns.count('strangers', _('Unasked flows'), { get: (r) => r.strangers.flows, card: true, tip: (r) => format.bytes(r.strangers.bytes) })
	] }),

	resolvers: (data) => local.list(() => data.top.resolvers, { sort: '-count', label: _('Resolvers'), id: 'dns-resolvers', key: (r) => r.ip + r.via, empty: _('No resolver was asked yet.'), columns: [
		{ key: 'ip', title: _('Resolver'), card: 'title', dep: (r) => r.ip, csv: (r) => r.ip, node: (r) => names.host({ ip: r.ip, scope: r.house ? 'local' : 'remote' }) },
		columns.text('house', _('Where'), { get: (r) => r.house ? _('in the house') : _('outside'), card: true }),
		columns.text('via', _('How'), { get: (r) => VIA[r.via], card: true }),
		columns.count('clients', _('Clients')),
		columns.count('count', _('Questions or flows'), { card: true }),
		columns.ago('last', _('Last asked'))
	] }),

	bypass: (data, args) => [
		[ _('Devices that ask others'), local.paged('dns_bypass', 'bypasses', args, { keep: false, tools: false, label: _('Devices that ask others'), key: (r) => r.client + r.resolver + r.via,
			empty: _('Every device asks your router.'), columns: [
				device({ card: 'title' }),
				columns.text('resolver', _('Asks'), { card: true }),
				columns.text('via', _('How'), { get: (r) => VIA[r.via], card: true }),
				columns.count('count', _('Questions or flows'), { card: true }),
				columns.ago('last', _('Last asked'))
			] }) ],
		[ _('Talks to without having asked'), local.list(() => data.bypass.strangers, { sort: '-last', keep: false, tools: false, label: _('Talks to without having asked'), id: 'dns-strangers', key: (r) => r.client + r.server + r.proto + r.port,
			empty: _('Nobody talks to an address that no answer gave.'), columns: [
				device({ card: 'title' }),
				{ key: 'server', title: _('Talks to'), card: true, dep: (r) => r.server, csv: (r) => r.server, node: (r) => names.host({ ip: r.server, scope: 'remote' }) },
				columns.text('port', _('Port'), { get: (r) => r.proto + (r.port ? ' ' + r.port : ''), card: true }),
				columns.count('flows', _('Flows')),
				columns.amount('bytes', _('Amount'), { card: true }),
				columns.ago('last', _('Last'))
			] }) ]
	],

	log: (data, args) => local.paged('dns_log', 'queries', args, { label: _('Newest questions'), key: (r) => [ r.at, r.client, r.name, r.type, r.resolver ].join(' '),
		empty: _('No question was seen yet.'), columns: [
			{ key: 'name', title: _('Name'), card: 'title', text: (r) => r.name || _('(not kept)') },
			columns.text('type', _('Type')),
			device(),
			columns.text('state', _('Answer'), { get: (r) => (r.state == 'answered') ? ANSWERS[r.rcode] || r.rcode : STATES[r.state], card: true }),
			columns.text('address', _('Address')),
			columns.text('ms', _('Time to answer'), { get: (r) => format.ms(r.ms), num: true, csv: (r) => r.ms }),
			columns.text('resolver', _('Asks'), { hidden: true }),
			columns.ago('at', _('When'), { card: true })
		] })
};

function say(frame, data) {
	const c = data.top.counts, outside = new Set(data.bypass.bypasses.map((b) => b.device || b.client)).size;

	if (!c.queries)
		return frame.say(_('Nobody has asked for a name yet, or DNS is not looked at.'), ' ', E('a', { 'href': state.link('settings') }, [ _('To the settings') ]));

	frame.say(_('%s questions since the start, %s of them failed.').format(format.count(c.queries), format.percent(bad(c) / c.queries * 100)), ' ',
		outside ? E('a', { 'href': state.link(null, { tab: 'bypass' }) }, [ N_(outside, '%d device asks others than your router.', '%d devices ask others than your router.').format(outside) ]) :
			_('Every device asks your router.'));
}

function course(replies) {
	const picture = chart.area({ label: _('Questions a minute by what became of them'), height: 160, unit: (x) => format.count(Math.round(x * 10) / 10) });

	if (!replies.length)
		return E('p', { 'class': 'weir-note' }, [ _('Nothing is kept of this time yet.') ]);

	picture.update({ start: replies[0].start, step: replies[0].step, starts: replies[0].starts, series: Object.keys(COLOURS).map((k) => replies.find((r) => r.key == k)).filter((r) => r).map((r) => ({
		key: r.key, colour: COLOURS[r.key], label: ANSWERS[r.key] || r.key, values: r.values.map((v) => v == null ? null : v * 60 / r.step)
	})) });

	return picture.node;
}

function draw(frame, reply, at) {
	const data = { top: reply[0], bypass: reply[1] }, tab = lists[at.tab] ? at.tab : '';
	const picker = period.picker({ change: frame.reload });
	const text = E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find'), 'input': () => shown.forEach((t) => t.reset()) });
	const made = lists[tab](data, () => ({ device: at.device, text: (tab == 'log') ? text.value : null }));
	const cards = Array.isArray(made) ? made : [], shown = cards.length ? cards.map((c) => c[1]) : [ made ];

	say(frame, data);
	frame.tools(picker.node);
	frame.add(page.card(_('Questions a minute'), course(reply[2])), page.tabs([
		{ key: '', title: _('Names') }, { key: 'devices', title: _('Devices') }, { key: 'resolvers', title: _('Resolvers') },
		{ key: 'bypass', title: _('Past the router'), count: data.bypass.total }, { key: 'log', title: _('Log') }
	], tab), (tab == 'log') ? text : '', ...(cards.length ? cards.map((c) => page.card(c[0], c[1].node)) : [ made.node ]));

	frame.live(api.poll(frame.node, REFRESH, () => Promise.all([ api.call('dns_top', { device: at.device, limit: 1 }), api.call('dns_bypass', { device: at.device }) ]).then((now) => {
		[ data.top, data.bypass ] = now;
		say(frame, data);

		return Promise.all(shown.map((t) => t.refresh()));
	})));
}

return page.view({
	title: 'DNS',
	skeleton: [ 230, 480 ],
	back: (at) => at.device ? { href: state.link('devices', { device: at.device, tab: 'dns' }), text: _('Device') } : null,
	load: (at) => Promise.all([
		api.call('dns_top', { device: at.device, limit: 1 }), api.call('dns_bypass', { device: at.device }),
		api.call('series_list', { 'class': 'dns' }).then((list) => Promise.all(list.series.map((s) =>
			api.call('series', { 'class': 'dns', key: s.key, metric: 'flows', period: at.period || 'day', from: +at.from || null, to: +at.to || null }))))
	]),
	draw
});
