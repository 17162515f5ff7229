'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

// Far ends folded by the domain that somebody registered: a tab of the hosts page.

function load(at) {
	return api.call('domains', { limit: 10, period: at.period, from: at.from, to: at.to });
}

function draw(frame, reply) {
	const picker = period.picker({ change: frame.reload }), top = reply.domains[0];
	const find = E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find a domain'), 'input': () => list.reset() });
	const named = page.bars({});
	const list = columns.list('domains', {
		label: _('Domains'), sort: '-bytes', key: (d) => d.domain, empty: _('No name was asked for in this time.'),
		args: () => Object.assign({ text: find.value }, picker.args()),
		link: (d) => state.link('flows', { filter: 'host:' + d.domain }),
		columns: [
			columns.text('domain', _('Domain'), (d) => d.domain, { sort: 'domain', card: 'title' }),
			columns.share('share', _('Share'), (d) => d.share, () => chart.DOWN, { card: true }),
			columns.split('split', _('Sent | received'), (d) => d.bytes),
			columns.amount('bytes', _('Amount'), (d) => d.bytes, { sort: 'bytes', card: true }),
			columns.count('flows', _('Flows'), (d) => d.flows, { sort: 'flows' }),
			columns.count('devices', _('Devices'), (d) => d.devices, { sort: 'devices', card: true })
		]
	});

	named.update(reply.domains.map((d) => ({ key: d.domain, node: d.domain, value: columns.both(d.bytes), text: format.percent(d.share), colour: chart.DOWN })));
	frame.say(top ? _('%s domains were reached. Most went to and from %s: %s.').format(format.count(reply.total), top.domain, format.bytes(columns.both(top.bytes))) :
		_('No name was asked for in this time.'));
	frame.tools(picker.node);
	frame.add(page.card(_('Most traffic'), named.node),
		E('p', {}, [ _('Without a name: %s in %s flows.').format(format.bytes(columns.both(reply.unnamed.bytes)), format.count(reply.unnamed.flows)) ]), find, list.node);
}

return baseclass.extend({ load, draw });
