'use strict';
'require baseclass';
'require weir.cells as cells';
'require weir.format as format';
'require weir.state as state';

// Lists that the daemon sorts and pages. A row that stays keeps its nodes: only what
// changed is written, so that focus, selection and a slow processor are spared.

const SIZES = [ 50, 100, 200 ];

function create(opts) {
	const saved = state.recall('table.' + opts.id, {}), at = (opts.keep === false) ? {} : state.get();
	const sortable = (name) => opts.columns.some((c) => c.sort && c.sort == String(name).replace('-', ''));
	const head = E('tr', { 'class': 'tr table-titles' }), body = E('tbody');
	const foot = E('div', { 'class': 'weir-pager', 'hidden': '' }), cache = new Map();
	let sort = sortable(at.sort) ? at.sort : opts.sort || '', page = +at.page || 0, size = saved.rows || SIZES[0];
	let chosen = saved.columns || opts.columns.filter((c) => !c.hidden).map((c) => c.key), cursors = [ null ], reply = null, asked = 0, blank = null;

	const shown = () => opts.columns.filter((c) => c.card == 'title' || chosen.indexOf(c.key) >= 0);
	const keep = (changes) => { if (opts.keep !== false) state.set(changes, true); };
	const save = () => state.remember('table.' + opts.id, { columns: chosen, rows: size });

	const say = (...what) => body.replaceChildren(E('tr', { 'class': 'tr' }, [ E('td', { 'class': 'td weir-empty', 'colspan': 99 }, cells.nodes(what)) ]));

	const rebuild = () => {
		cache.clear();
		blank = null;
		heads();

		if (reply)
			fill();
	};

	const order = (column) => {
		const now = sort.replace('-', '') == column.sort;

		sort = (now ? sort[0] != '-' : column.num) ? '-' + column.sort : column.sort;
		keep({ sort: sort, page: null });
		heads();
		self.reset();
	};

	const heads = () => head.replaceChildren(...shown().map((c) => {
		const now = c.sort && sort.replace('-', '') == c.sort, down = sort[0] == '-';

		return E('th', { 'class': 'th' + cells.kind(c), 'scope': 'col', 'title': c.help || null, 'aria-sort': now ? (down ? 'descending' : 'ascending') : null }, [
			c.sort ? E('button', { 'type': 'button', 'click': () => order(c) }, [ c.title, E('i', { 'aria-hidden': 'true' }, [ now ? (down ? ' ▾' : ' ▴') : '' ]) ]) : c.title
		]);
	}), E('th', { 'class': 'th weir-act' }, [ E('span', { 'class': 'weir-sr' }, [ _('Actions') ]) ]));

	// rowOf returns the row's nodes with its values in them: its own, or those of a row
	// that is gone, which is quicker than new ones.
	const rowOf = (row, columns, key, gone) => {
		const known = cache.get(key), tr = known || gone.shift() || blank.cloneNode(true);

		if (!known) {
			cache.set(tr.key = key, tr);
			cells.free(tr, columns, opts.link && opts.link(row));
		}

		columns.forEach((c, j) => cells.write(tr.children[j], c, row));

		const name = 'tr' + (opts.rowclass ? ' ' + opts.rowclass(row) : '') + (known && known.classList.contains('weir-open') ? ' weir-open' : '');

		if (tr.className != name)
			tr.className = name;

		return tr;
	};

	const place = (rows) => {
		if (rows.filter((tr) => tr.parentNode == body).length < rows.length / 2)
			return body.replaceChildren(...rows);

		// A row that sank is taken out of the way of those that stay in order.
		rows.forEach((tr, i) => {
			if (body.children[i + 1] == tr)
				body.append(body.children[i]);
			else if (body.children[i] != tr)
				body.insertBefore(tr, body.children[i] || null);
		});

		while (body.children.length > rows.length)
			body.lastChild.remove();
	};

	const fill = () => {
		const columns = shown(), focus = document.activeElement, keys = new Set(reply.rows.map(opts.key));
		const gone = Array.from(body.children).filter((tr) => cache.has(tr.key) && !keys.has(tr.key));

		blank = blank || cells.pattern(columns, opts.link);
		gone.forEach((tr) => cache.delete(tr.key));

		const rows = reply.rows.map((row) => rowOf(row, columns, opts.key(row), gone));

		if (rows.length)
			place(rows);
		else
			say(typeof(opts.empty) == 'function' ? opts.empty() : opts.empty || _('Nothing yet.'));

		if (focus != document.activeElement && body.contains(focus))
			focus.focus({ preventScroll: true });

		pager();
	};

	const turn = (by) => {
		page = Math.max(0, page + by);
		keep({ page: page || null });
		self.refresh().catch(() => {});
	};

	const back = E('button', { 'type': 'button', 'class': 'btn cbi-button', 'click': () => turn(-1) }, [ _('Back') ]);
	const next = E('button', { 'type': 'button', 'class': 'btn cbi-button', 'click': () => turn(1) }, [ _('Next') ]);
	const where = E('span');

	const pager = () => {
		foot.hidden = false; // it would jump if it stood there before the rows

		const first = page * size, n = reply.rows.length;

		back.disabled = page == 0;
		next.disabled = opts.cursor ? !reply.next : first + n >= (reply.total ?? 0);
		where.textContent = !n ? '' : (reply.total == null) ? _('%s to %s').format(format.count(first + 1), format.count(first + n)) :
			_('%s to %s of %s').format(format.count(first + 1), format.count(first + n), format.count(reply.total));
	};

	const self = {
		node: null,
		get rows() { return reply ? reply.rows : []; },
		refresh() {
			const mine = ++asked;
			const args = { sort: sort.replace('-', '') || null, desc: sort ? sort[0] == '-' : null };

			Object.assign(args, (opts.paged === false) ? {} : { limit: size }, opts.cursor ? { cursor: cursors[page] } : { offset: page * size || null });

			return Promise.resolve(args).then(opts.load).then((r) => {
				if (mine != asked)
					return;

				cursors[page + 1] = r.next;
				reply = r;

				// The page that was looked at is gone: others ended.
				if (page && !r.rows.length && !opts.cursor)
					return turn(-page);

				fill();
			}).catch((e) => {
				if (mine == asked && !reply)
					say(E('b', {}, [ e.message ]), ' ', e.hint || '');

				throw e;
			});
		},
		reset() {
			page = 0;
			cursors = [ null ];
			keep({ page: null });

			return self.refresh().catch((e) => { reply = null; cache.clear(); say(E('b', {}, [ e.message ]), ' ', e.hint || ''); });
		}
	};

	const picker = () => cells.picker(opts.columns, chosen, (now) => {
		chosen = now;
		save();
		rebuild();
	});

	const sizes = () => E('select', { 'class': 'cbi-input-select', 'aria-label': _('Rows a page'), 'change': (ev) => {
		size = +ev.target.value;
		save();
		self.reset();
	} }, SIZES.map((n) => E('option', { 'value': n, 'selected': (n == size) ? '' : null }, [ String(n) ])));

	if (opts.paged !== false)
		foot.append(back, where, next, sizes());

	if (opts.tools !== false)
		foot.append(picker(), E('button', { 'type': 'button', 'class': 'btn cbi-button', 'click': () => cells.csv(opts.id, shown(), self.rows) }, [ _('CSV') ]));

	body.addEventListener('click', cells.pressed);
	heads();
	say(E('div', { 'class': 'weir-bone weir-rows' }));
	self.node = E('div', { 'class': 'weir-list' }, [
		E('table', { 'class': 'table weir-table' }, [ E('caption', { 'class': 'weir-sr' }, [ opts.label ]), E('thead', {}, [ head ]), body ]), foot
	]);
	self.refresh().catch(() => {});

	return self;
}

return baseclass.extend({ create, download: cells.download });
