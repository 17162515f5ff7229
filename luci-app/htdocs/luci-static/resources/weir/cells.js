'use strict';
'require baseclass';
'require weir.format as format';

// The rows and cells of lists, and what goes into files from there.

function nodes(v) {
	return (Array.isArray(v) ? v : [ v ]).filter((n) => n != null);
}

function write(td, column, row) {
	const told = column.text ? column.text(row) : column.dep ? column.dep(row) : '';

	if (column.text && td.told !== told) {
		// A text that is there is changed; that is quicker than another one.
		if (td.firstChild && told)
			td.firstChild.nodeValue = told;
		else
			td.textContent = told;
	}
	else if (!column.text && td.told !== told)
		td.replaceChildren(...nodes(column.node(row)));
	else if (column.redraw)
		column.redraw(td, row);

	td.told = told;

	const tip = column.tip ? column.tip(row) : null;

	if (tip && td.tip !== tip)
		td.title = td.tip = tip;
}

function kind(column) {
	return (column.num ? ' right weir-num' : '') + (column.card == 'title' ? ' weir-title' : column.card ? ' weir-fact' : ' weir-rest');
}

// quoted guards against spreadsheets that run what begins like a formula.
function quoted(v) {
	const text = String(v ?? '');

	return '"' + ((/^[=+@\t-]/).test(text) && isNaN(text) ? "'" : '') + text.replace(/"/g, '""') + '"';
}

function download(name, text, type) {
	const a = E('a', { 'href': URL.createObjectURL(new Blob([ text ], { type: type })), 'download': name });

	document.body.append(a);
	a.click();
	a.remove();
	setTimeout(URL.revokeObjectURL, 1000, a.href);
}

function csv(id, columns, rows) {
	const lines = [ columns.map((c) => c.title) ].concat(rows.map((row) => columns.map((c) => c.csv ? c.csv(row) : c.text ? c.text(row) : '')));

	download('weir-' + id + '.csv', lines.map((values) => values.map(quoted).join(',') + '\r\n').join(''), 'text/csv');
}

// pattern is a row without values: rows are copies of it, which is quicker than to
// build each.
function pattern(columns, linked) {
	return E('tr', { 'class': 'tr' }, columns.map((c) => {
		const td = E('td', { 'class': 'td' + kind(c), 'data-title': c.title });

		if (c.max)
			td.style.setProperty('--weir-max', c.max + 'px');

		return td;
	}).concat(E('td', { 'class': 'td weir-act' }, [
		E('button', { 'type': 'button', 'class': 'btn weir-more', 'aria-expanded': 'false' }, [ _('more') ]),
		linked ? E('a', { 'title': _('Details'), 'aria-label': _('Details') }, [ '›' ]) : ''
	])));
}

// free makes a row ready for another thing: what it tells is written anew, but for
// columns whose nodes depend on dep alone, or serve any row by redraw.
function free(row, columns, link) {
	columns.forEach((c, i) => { if (!c.reuse) row.children[i].told = undefined; });
	row.lastChild.firstChild.setAttribute('aria-expanded', 'false');

	if (link)
		row.lastChild.lastChild.href = link;
}

// pressed is the click on a list: on the button of a card, or on the free space of a
// row that leads somewhere.
function pressed(ev) {
	const row = ev.target.closest('tr'), more = ev.target.closest('.weir-more'), link = row.lastChild.lastChild;

	if (more)
		more.setAttribute('aria-expanded', String(row.classList.toggle('weir-open')));
	else if (link.href && !ev.target.closest('a, button, input, label') && !String(getSelection()))
		location.href = link.href;
}

function tick(title, on, change) {
	return E('label', {}, [ E('input', { 'type': 'checkbox', 'checked': on ? '' : null, 'change': (ev) => change(ev.target.checked) }), ' ', title ]);
}

// picker chooses columns, and in which unit this browser shows amounts.
function picker(columns, chosen, change) {
	return E('details', { 'class': 'weir-picker' }, [
		E('summary', { 'class': 'btn cbi-button' }, [ _('Columns') ]),
		E('div', {}, columns.filter((c) => c.card != 'title' && c.title).map((c) => tick(c.title, chosen.indexOf(c.key) >= 0, (on) => {
			chosen = chosen.filter((k) => k != c.key).concat(on ? [ c.key ] : []);
			change(chosen);
		})).concat(tick(_('GiB instead of GB'), format.binary(), (on) => {
			format.setBinary(on);
			location.reload();
		})))
	]);
}

return baseclass.extend({ nodes, write, kind, pattern, free, pressed, picker, csv, download });
