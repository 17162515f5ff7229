'use strict';
'require baseclass';
'require weir.api as api';
'require weir.names as names';
'require weir.state as state';
'require weir.terms as terms';

// The filter box: one line, what it already filters by as chips, suggestions while
// one types.

const WAIT = 250;       // ms of silence before what is typed counts
const SUGGESTIONS = 8;

// What the method search finds, and the term that is made of it.
const TERM = { device: 'device', host: 'ip', name: 'host', app: 'app', category: 'category', country: 'country', asn: 'asn', zone: 'zone', network: 'network' };

let boxes = 0;

function box(opts) {
	const id = 'weir-filter-' + (++boxes), labels = {};
	const input = E('input', { 'type': 'text', 'class': 'cbi-input-text', 'role': 'combobox', 'aria-expanded': 'false', 'aria-controls': id, 'aria-autocomplete': 'list',
		'autocomplete': 'off', 'spellcheck': 'false', 'aria-label': _('Filter'), 'placeholder': opts.hint || _('Filter: a word, app:netflix, country:DE, >10MB …') });
	const chips = E('span', { 'class': 'weir-chips' }), list = E('ul', { 'class': 'weir-suggest', 'role': 'listbox', 'id': id, 'aria-label': _('Suggestions') });
	let words = terms.parse(state.get().filter, opts.keys).terms, offers = [], at = -1, timer = null, asked = 0, last = '';

	const text = () => words.map((t) => t.text).concat(input.value.trim() || []).join(' ');
	const args = () => terms.parse(text(), opts.keys).args;

	const close = () => {
		offers = [];
		at = -1;
		asked++;
		list.replaceChildren();
		input.setAttribute('aria-expanded', 'false');
		input.removeAttribute('aria-activedescendant');
	};

	const changed = () => {
		clearTimeout(timer);

		if (text() == last)
			return;

		last = text();
		state.set({ filter: last, page: null }, true);
		opts.change(args(), last);
	};

	const label = (t) => {
		if (t.key == 'device' && !labels[t.value]) {
			labels[t.value] = t.value;
			api.call('device', { id: t.value }).then((r) => { labels[t.value] = names.deviceLabel(r.device); draw(); }, () => {});
		}

		switch (t.key) {
		case 'device':
			return labels[t.value];
		case 'app':
			return names.appLabel(t.value);
		case 'category':
			return names.categoryLabel(t.value);
		case 'country':
			return names.countryName(t.value);
		}

		return t.text;
	};

	const draw = () => chips.replaceChildren(...words.map((t, i) => E('button', {
		'type': 'button', 'class': 'weir-chip' + (t.error ? ' weir-struck' : ''),
		'title': t.error ? _('This list cannot be filtered by that') : _('Remove'),
		'aria-label': _('Remove %s').format(label(t)),
		'click': () => { words.splice(i, 1); draw(); changed(); input.focus(); }
	}, [ label(t), E('i', { 'aria-hidden': 'true' }, [ ' ×' ]) ])));

	const take = (written) => {
		const fresh = terms.parse(written, opts.keys).terms;

		// A key stands once: the newer value takes the place of the older.
		words = words.filter((w) => w.key == 'text' ? fresh.every((f) => f.text != w.text) : fresh.every((f) => f.key != w.key)).concat(fresh);
		input.value = '';
		close();
		draw();
		changed();
	};

	const choose = (offer) => {
		if (offer.kind == 'device')
			labels[offer.key] = offer.label;

		take(input.value.replace(/\S*$/, '') + terms.term(TERM[offer.kind], offer.key));
	};

	const mark = (to) => {
		at = to;
		Array.prototype.forEach.call(list.children, (li, i) => li.setAttribute('aria-selected', String(i == at)));
		input.setAttribute('aria-activedescendant', at < 0 ? '' : id + '-' + at);
	};

	const offer = (found) => {
		offers = found;
		list.replaceChildren(...found.map((o, i) => E('li', { 'role': 'option', 'id': id + '-' + i, 'aria-selected': 'false',
			'mousedown': (ev) => { ev.preventDefault(); choose(o); } }, [ E('small', {}, [ TERM[o.kind] + ' ' ]), o.label || o.key, E('small', {}, [ o.hint ? ' ' + o.hint : '' ]) ])));
		input.setAttribute('aria-expanded', String(!!found.length));
		at = -1;
	};

	const suggest = () => {
		const word = (/\S*$/).exec(input.value)[0], parts = word.split(':'), want = (parts.length > 1) ? terms.KEYS[parts[0]] : null;
		const looked = parts[parts.length - 1], mine = ++asked;

		if (!looked || word[0] == '>')
			return close();

		api.call('search', { text: looked, limit: 20 }).then((reply) => {
			if (mine == asked && document.activeElement == input)
				offer(reply.items.filter((o) => TERM[o.kind] && opts.keys.indexOf(TERM[o.kind]) >= 0 && (!want || want == TERM[o.kind])).slice(0, SUGGESTIONS));
		}, () => {});
	};

	input.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(() => { changed(); suggest(); }, WAIT);
	});
	input.addEventListener('blur', close);
	input.addEventListener('keydown', (ev) => {
		const n = offers.length;

		if (ev.key == 'Enter' && at >= 0)
			choose(offers[at]);
		else if (ev.key == 'Enter' && input.value.trim())
			take(input.value);
		else if (ev.key == 'ArrowDown' && n)
			mark((at + 1) % n);
		else if (ev.key == 'ArrowUp' && n)
			mark((at + n) % n - 1 < 0 ? n - 1 : at - 1);
		else if (ev.key == 'Escape' && n)
			close();
		else if (ev.key == 'Backspace' && !input.value && words.length)
			chips.lastChild.click();
		else
			return;

		ev.preventDefault();
	});

	last = text();
	draw();

	return {
		node: E('div', { 'class': 'weir-filter', 'role': 'search' }, [ chips, input, list ]),
		args, text,
		add(key, value, name) {
			if (key == 'device' && name)
				labels[value] = name;

			take(terms.term(key, String(value)));
		},
		set(written) { words = []; take(written); }
	};
}

return baseclass.extend({ box, parse: terms.parse });
