'use strict';
'require baseclass';
'require ui';
'require weir.api as api';
'require weir.chart as chart';
'require weir.state as state';

// The pieces that pages are put together from, in LuCI's own clothes.

function list(v) { return Array.isArray(v) ? v : [ v ]; }

// phrase puts nodes into a translated sentence: one for each %s.
function phrase(text, ...nodes) {
	return text.split('%s').flatMap((t, i) => (i ? [ nodes[i - 1], t ] : [ t ]));
}

function card(title, ...nodes) {
	return E('div', { 'class': 'cbi-section weir-card' }, [ title ? E('h3', {}, list(title)) : '' ].concat(nodes));
}

function grid(...cards) {
	return E('div', { 'class': 'weir-grid-row' }, cards);
}

function number(title) {
	const value = E('div', { 'class': 'weir-number' }), note = E('div', { 'class': 'weir-note' });

	return {
		node: card(title, value, note),
		set(v, n) {
			value.replaceChildren(...list(v ?? '–'));
			note.replaceChildren(...list(n ?? ''));
		}
	};
}

function tabs(items, current) {
	return E('ul', { 'class': 'cbi-tabmenu weir-tabs' }, items.map((t) => {
		const open = (t.key == current);

		return E('li', { 'class': open ? 'cbi-tab' : 'cbi-tab-disabled' }, [
			E('a', { 'href': state.link(null, { tab: t.key }), 'aria-current': open ? 'page' : null, 'click': (ev) => {
				if (ev.ctrlKey || ev.metaKey || ev.shiftKey)
					return;

				// The state may have changed since the address was written.
				ev.preventDefault();
				state.set({ tab: t.key, page: null, sort: null });
			} }, [ (t.count == null) ? t.title : t.title + ' (' + t.count + ')' ])
		]);
	}));
}

function facts(rows) {
	return E('table', { 'class': 'table weir-facts' }, rows.filter((r) => r[1] != null && r[1] !== '').map((r) =>
		E('tr', { 'class': 'tr' }, [
			E('th', { 'class': 'td left', 'scope': 'row', 'width': '33%' }, [ r[0] ]), E('td', { 'class': 'td left' }, list(r[1]))
		])));
}

// bars lists things with a bar each; it keeps the rows of things it already shows.
function bars(opts) {
	const node = E('ul', { 'class': 'weir-bars' }), kept = {};

	return { node, update(items) {
		const max = (opts && opts.max) || Math.max(0, ...items.map((i) => i.value));
		const rows = items.map((item) => {
			let row = kept[item.key];

			if (!row) {
				row = kept[item.key] = { bar: chart.bar(0, item.colour), text: E('span') };
				row.node = E('li', {}, [ E('div', {}, list(item.node).concat(row.text)), row.bar ]);
			}

			if (row.text.textContent != item.text)
				row.text.textContent = item.text;

			chart.redraw(row.bar, max ? item.value / max : 0);

			return row.node;
		});

		if (rows.length != node.children.length || rows.some((r, i) => r != node.children[i]))
			node.replaceChildren(...rows);

		if (Object.keys(kept).length > 100)
			Object.keys(kept).filter((k) => !kept[k].node.isConnected).forEach((k) => { delete kept[k]; });
	} };
}

function notify(text, error) {
	return ui.addNotification(null, E('p', {}, [ text ]), error ? 'danger' : 'info');
}

function tell(e) {
	if (!e.code)
		console.error(e);

	notify(e.message + (e.hint ? ' ' + e.hint : ''), true);
}

function button(text, fn, kind) {
	const style = { write: 'action', add: 'positive', remove: 'negative', apply: 'apply' }[kind] || 'neutral';
	const attrs = { 'class': 'btn cbi-button cbi-button-' + style, 'type': 'button', 'disabled': (kind && !api.canWrite()) || null };

	attrs.click = ui.createHandlerFn({}, (ev) => Promise.resolve(ev).then(fn).catch(tell));

	return E('button', attrs, [ text ]);
}

function confirm(title, text, label, fn) {
	ui.showModal(title, [
		E('p', {}, list(text)),
		E('div', { 'class': 'right button-row' }, [
			E('button', { 'class': 'btn', 'click': ui.hideModal }, [ _('Cancel') ]), ' ',
			button(label, () => Promise.resolve().then(fn).finally(ui.hideModal), 'remove')
		])
	]);
}

return baseclass.extend({ list, phrase, card, grid, number, tabs, facts, bars, notify, tell, button, confirm });
