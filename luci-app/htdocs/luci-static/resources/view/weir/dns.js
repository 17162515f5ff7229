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

const REFRESH = 5; // seconds
const VIA = { dns: _('in the clear'), dot: 'DoT', doh: 'DoH', doq: 'DoQ', mdns: 'mDNS', llmnr: 'LLMNR' };
const STATES = { waiting: _('waiting'), lost: _('no answer') };

// What became of questions: a word and a colour.
const ANSWERS = {
	ok: [ _('answered'), '#0072b2' ], nxdomain: [ _('no such name'), '#e69f00' ], servfail: [ _('resolver failed'), '#d55e00' ],
	refused: [ _('refused'), '#cc79a7' ], error: [ _('other errors'), '#8f4173' ], unanswered: [ _('no answer'), chart.GREY ]
};

const bad = (c) => c.queries && c.lost + c.answers.nxdomain + c.answers.servfail + c.answers.refused + c.answers.other;
const answer = (q) => (q.state != 'answered') ? STATES[q.state] : (q.rcode == 'noerror') ? ANSWERS.ok[0] : ANSWERS[q.rcode] ? ANSWERS[q.rcode][0] : q.rcode;

// device is the column of who asked: where rows have a device_name, their name is
// that asked for.
function device(opts) {
	const name = (r) => (('device_name' in r) ? r.device_name : r.name) || r.client;

	return columns.node('device', _('Device'), Object.assign({ card: true, get: name,
		node: (r) => r.device ? E('a', { 'href': state.link('devices', { device: r.device }) }, [ name(r) || _('Device %s').format(r.device) ]) : name(r) || '–' }, opts));
}

const via = columns.text('via', _('How'), { get: (r) => VIA[r.via], card: true });
const host = (key, title, opts) => columns.node(key, title, Object.assign({ card: true, node: (r) => names.host({ ip: r[key] }) }, opts));
const time = (get) => columns.text('ms', _('Time to answer'), { get: (r) => format.ms(get(r)), num: true, csv: get });

// The tabs: heading, rows, what makes a row the same, text without rows, order, columns.
const LISTS = {
	'': [ [ _('Names asked for most'), (d) => d.top.names, (r) => r.name, _('No name was asked for yet.'), '-count', [
		columns.text('name', _('Name'), { card: 'title' }),
		columns.count('count', _('Questions'), { card: true, tip: (r) => r.over ? _('at most %d too many').format(r.over) : '' }),
		columns.count('nxdomain', _('No such name'), { card: true })
	] ] ],
	devices: [ [ _('Devices that ask'), (d) => d.top.devices, (r) => r.device, _('No device has asked yet.'), '-queries', [
		device({ card: 'title' }), columns.count('queries', _('Questions'), { card: true }), columns.count('bad', _('Failed'), { card: true, get: bad }),
		time((r) => r.ms.mean), columns.count('repeats', _('Asked again'), { hidden: true }),
		columns.count('strangers', _('Unasked flows'), { card: true, get: (r) => r.strangers.flows, tip: (r) => format.bytes(r.strangers.bytes) })
	] ] ],
	resolvers: [ [ _('Resolvers'), (d) => d.top.resolvers, (r) => r.ip + r.via, _('No resolver was asked yet.'), '-count', [
		host('ip', _('Resolver'), { card: 'title' }), columns.text('house', _('Where'), { card: true, get: (r) => r.house ? _('in the house') : _('outside') }), via,
		columns.count('clients', _('Clients')), columns.count('count', _('Questions or flows'), { card: true }), columns.ago('last', _('Last asked'))
	] ] ],
	bypass: [ [ _('Devices that ask others'), (d) => d.bypass.bypasses, (r) => r.client + r.resolver + r.via, _('Every device asks your router.'), '-last', [
		device({ card: 'title' }), host('resolver', _('Asks')), via, columns.count('count', _('Questions or flows'), { card: true }), columns.ago('last', _('Last asked'))
	] ], [ _('Talks to without having asked'), (d) => d.bypass.strangers, (r) => r.client + r.server + r.proto + r.port, _('Nobody talks to an address that no answer gave.'), '-last', [
		device({ card: 'title' }), host('server', _('Talks to')), columns.text('port', _('Port'), { card: true, get: (r) => r.proto + (r.port ? ' ' + r.port : '') }),
		columns.count('flows', _('Flows')), columns.amount('bytes', _('Amount'), { card: true }), columns.ago('last', _('Last'))
	] ] ],
	log: [ [ _('Newest questions'), (d) => d.log.queries, (r) => [ r.at, r.client, r.name, r.type, r.resolver ].join(' '), _('No question was seen yet.'), '-at', [
		columns.text('name', _('Name'), { card: 'title', get: (r) => r.name || _('(not kept)') }), columns.text('type', _('Type')), device(),
		columns.text('state', _('Answer'), { card: true, get: answer }), columns.text('address', _('Address')), time((r) => r.ms),
		columns.text('resolver', _('Asks'), { hidden: true }), columns.ago('at', _('When'), { card: true })
	] ] ]
};

function say(frame, d) {
	const c = d.top.counts, outside = new Set(d.bypass.bypasses.map((b) => b.device || b.client)).size;

	if (!c.queries)
		return frame.say(_('Nobody has asked for a name yet, or DNS is not looked at.'), ' ', E('a', { 'href': state.link('settings') }, [ _('To the settings') ]));

	frame.say(_('%s questions since the start, %s of them failed.').format(format.count(c.queries), format.percent(bad(c) / c.queries * 100)), ' ',
		outside ? E('a', { 'href': state.link(null, { tab: 'bypass' }) }, [ N_(outside, '%d device asks others than your router.', '%d devices ask others than your router.').format(outside) ]) :
			_('Every device asks your router.'));
}

function course(series) {
	const picture = chart.area({ label: _('Questions a minute by what became of them'), height: 160 }), some = series.filter((s) => s);

	if (!some.length)
		return E('p', { 'class': 'weir-note' }, [ _('Nothing is kept of this time yet.') ]);

	picture.update({ start: some[0].start, step: some[0].step, starts: some[0].starts, series: some.map((s) => ({
		key: s.key, label: ANSWERS[s.key][0], colour: ANSWERS[s.key][1], values: s.values.map((v) => v == null ? null : v * 60 / s.step)
	})) });

	return picture.node;
}

// ask brings what the open tab shows, and what the sentence needs.
function ask(at, text) {
	const args = (more) => Object.assign({ device: at.device, limit: 200 }, more);

	return Promise.all([ api.call('dns_top', args()), api.call('dns_bypass', args()), (at.tab == 'log') ? api.call('dns_log', args({ text })) : null ])
		.then(([ top, bypass, log ]) => ({ top, bypass, log }));
}

function draw(frame, reply, at) {
	let data = reply[0];
	const picker = period.picker({ change: frame.reload }), tab = LISTS[at.tab] ? at.tab : '';
	const text = E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find'), 'input': () => ask(at, text.value).then(show, () => {}) });
	const lists = LISTS[tab].map((l, i) => local.list(() => l[1](data), { id: 'dns-' + tab + i, label: l[0], key: l[2], empty: l[3], sort: l[4], columns: l[5] }));

	const show = (now) => {
		data = now;
		say(frame, data);

		return Promise.all(lists.map((l) => l.refresh()));
	};

	frame.tools(picker.node);
	frame.add(page.card(_('Questions a minute'), course(reply[1])), page.tabs([
		{ key: '', title: _('Names') }, { key: 'devices', title: _('Devices') }, { key: 'resolvers', title: _('Resolvers') },
		{ key: 'bypass', title: _('Past the router'), count: data.bypass.total }, { key: 'log', title: _('Log') }
	], tab), (tab == 'log') ? text : '', ...lists.map((l, i) => (lists.length > 1) ? page.card(LISTS[tab][i][0], l.node) : l.node));
	local.follow(frame, REFRESH, data, () => ask(at, text.value), show);
}

return page.view({
	title: 'DNS',
	skeleton: [ 230, 480 ],
	back: (at) => at.device ? { href: state.link('devices', { device: at.device, tab: 'dns' }), text: _('Device') } : null,
	load: (at) => Promise.all([ ask(at), Promise.all(Object.keys(ANSWERS).map((key) =>
		api.call('series', Object.assign({ 'class': 'dns', key, metric: 'flows' }, local.time(at))).catch(() => null))) ]),
	draw
});
