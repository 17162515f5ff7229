'use strict';
'require baseclass';
'require dom';

// The plain inputs and the table of ui.js.
const AbstractElement = baseclass.extend({
	getValue() { return this.node?.querySelector('select,input,textarea')?.value ?? this.value; },

	setValue(value) {
		const input = this.node?.querySelector('select,input,textarea');

		if (input)
			input.value = value;
		this.value = value;
	},

	isValid() { return true; },

	triggerValidation() { return false; },

	// frame puts an input into the box that carries the instance, and tells
	// listeners of the box about changes.
	frame(input) {
		const tell = () => this.node.dispatchEvent(new CustomEvent('widget-change', { bubbles: true }));

		this.node = E('div', { 'id': this.options.id, 'class': this.options.class ?? null }, [ input ]);
		input.addEventListener('change', tell);
		dom.bindClassInstance(this.node, this);
		return this.node;
	},

	attributes(more) {
		const o = this.options;

		return Object.assign({
			'id': o.id ? 'widget.' + o.id : null, 'name': o.name, 'placeholder': o.placeholder,
			'maxlength': o.maxlength, 'readonly': o.readonly ? '' : null, 'disabled': o.disabled ? '' : null
		}, more);
	}
});

const Textfield = AbstractElement.extend({
	__init__(value, options) {
		this.value = value;
		this.options = Object.assign({ optional: true, password: false }, options);
	},

	render() {
		return this.frame(E('input', this.attributes({
			'type': this.options.password ? 'password' : 'text',
			'class': this.options.password ? 'cbi-input-password' : 'cbi-input-text',
			'value': this.value
		})));
	}
});

const Textarea = AbstractElement.extend({
	__init__(value, options) {
		this.value = value;
		this.options = Object.assign({ optional: true, wrap: false }, options);
	},

	render() {
		const o = this.options;

		return this.frame(E('textarea', this.attributes({ 'class': 'cbi-input-textarea', 'rows': o.rows, 'cols': o.cols }), [ this.value ?? '' ]));
	}
});

const Checkbox = AbstractElement.extend({
	__init__(value, options) {
		this.value = value;
		this.options = Object.assign({ value_enabled: '1', value_disabled: '0' }, options);
	},

	render() {
		return this.frame(E('input', this.attributes({
			'type': 'checkbox', 'value': this.options.value_enabled,
			'checked': this.value == this.options.value_enabled ? '' : null
		})));
	},

	isChecked() { return this.node.querySelector('input').checked; },

	getValue() { return this.isChecked() ? this.options.value_enabled : this.options.value_disabled; },

	setValue(value) { this.node.querySelector('input').checked = value == this.options.value_enabled; }
});

const Select = AbstractElement.extend({
	__init__(value, choices, options) {
		this.value = value;
		this.choices = choices ?? {};
		this.options = Object.assign({ multiple: false }, options);
	},

	render() {
		const keys = Array.isArray(this.options.sort) ? this.options.sort : Object.keys(this.choices);
		const chosen = L.toArray(this.value);

		return this.frame(E('select', this.attributes({
			'class': 'cbi-input-select', 'size': this.options.size, 'multiple': this.options.multiple ? '' : null
		}), keys.map(key => E('option', { 'value': key, 'selected': chosen.includes(key) ? '' : null }, [ this.choices[key] ?? key ]))));
	},

	getValue() {
		const select = this.node.querySelector('select');

		return this.options.multiple ? [ ...select.selectedOptions ].map(option => option.value) : select.value;
	}
});

const Hiddenfield = AbstractElement.extend({
	__init__(value, options) {
		this.value = value;
		this.options = options ?? {};
	},

	render() {
		return this.frame(E('input', this.attributes({ 'type': 'hidden', 'value': this.value })));
	}
});

// Table shows rows below captions; a click on one sorts by it.
const Table = baseclass.extend({
	__init__(captions, options, placeholder) {
		this.options = options ?? {};
		this.placeholder = placeholder;
		this.node = E('table', { 'id': this.options.id, 'class': 'table' }, [
			E('tr', { 'class': 'tr table-titles' }, captions.map((caption, i) => E('th', {
				'class': [ 'th' ].concat(L.toArray(this.options.captionClasses?.[i])).join(' '),
				'data-sortable-row': this.options.sortable === false ? null : true,
				'click': () => this.sortBy(i)
			}, [ caption ])))
		]);
		this.node.classList.add(...L.toArray(this.options.classes));
	},

	sortBy(column) {
		if (this.options.sortable === false || !this.data)
			return;
		this.sorting = [ column, this.sorting?.[0] === column && !this.sorting[1] ];
		this.update(this.data, this.placeholder);
	},

	key(cell) {
		if (Array.isArray(cell))
			return cell[0];
		return dom.elem(cell) ? cell.getAttribute?.('data-value') ?? cell.textContent.trim() : cell;
	},

	update(data, placeholder) {
		const heads = [ ...this.node.querySelectorAll('th') ], [ column, falling ] = this.sorting ?? [];

		if (!Array.isArray(data))
			return;
		this.data = data;
		if (column != null)
			data.sort((a, b) => (falling ? -1 : 1) * L.naturalCompare(this.key(a[column]) ?? '', this.key(b[column]) ?? ''));
		heads.forEach((head, i) => i === column ?
			head.setAttribute('data-sort-direction', falling ? 'desc' : 'asc') : head.removeAttribute('data-sort-direction'));
		[ ...this.node.querySelectorAll('tr') ].slice(1).forEach(row => row.remove());
		data.forEach((row, n) => this.node.appendChild(this.row(row, heads, n)));
		if (!data.length && (placeholder ?? this.placeholder))
			this.node.appendChild(E('tr', { 'class': 'tr placeholder' }, [ E('td', { 'class': 'td' }, placeholder ?? this.placeholder) ]));
		return this.node;
	},

	row(cells, heads, n) {
		return E('tr', { 'class': 'tr cbi-rowstyle-' + (n % 2 ? 2 : 1) }, heads.map((head, i) => {
			const cell = Array.isArray(cells[i]) ? cells[i][1] : cells[i];

			return E('td', {
				'class': [ 'td' ].concat(L.toArray(this.options.captionClasses?.[i])).join(' '),
				'data-title': head.textContent.trim() || null,
				'data-value': Array.isArray(cells[i]) ? cells[i][0] : null
			}, cell ?? '');
		}));
	},

	render() { return this.node; }
});

return baseclass.extend({
	classes: { AbstractElement, Textfield, Textarea, Checkbox, Select, Hiddenfield, Table }
});
