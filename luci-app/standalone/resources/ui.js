'use strict';
'require baseclass';
'require dom';
'require view as View';
'require standalone.menu as menu';
'require standalone.tabs as tabs';

// What LuCI's ui.js offers to pages, as far as weir's use it.
let modal, tooltip, tooltipTimer = null;

return baseclass.extend({
	__init__() {
		modal = document.body.appendChild(E('div', { 'id': 'modal_overlay', 'tabindex': -1, 'keydown': this.cancelModal }, [
			E('div', { 'class': 'modal', 'role': 'dialog', 'aria-modal': true })
		]));
		tooltip = document.body.appendChild(E('div', { 'class': 'cbi-tooltip' }));

		for (const name of [ 'showModal', 'hideModal', 'showTooltip', 'hideTooltip', 'itemlist' ])
			L[name] = this[name];
		for (const event of [ 'mouseover', 'focus' ])
			document.addEventListener(event, ev => this.showTooltip(ev), true);
		for (const event of [ 'mouseout', 'blur' ])
			document.addEventListener(event, ev => this.hideTooltip(ev), true);
		document.addEventListener('luci-loaded', () => this.tabs.init());
	},

	showModal(title, children, ...classes) {
		const dialog = modal.firstElementChild;

		dialog.setAttribute('class', 'modal');
		dialog.classList.add(...classes);
		dom.content(dialog, E('h4', {}, title));
		dom.append(dialog, children);
		document.body.classList.add('modal-overlay-active');
		modal.scrollTop = 0;
		modal.focus();
		return dialog;
	},

	hideModal() {
		document.body.classList.remove('modal-overlay-active');
		modal.blur();
	},

	cancelModal(ev) {
		if (ev.key == 'Escape')
			modal.querySelector('.right > button, .right > .btn, .button-row > .btn')?.click();
	},

	showTooltip(ev) {
		const target = dom.parent(ev.target, '[data-tooltip]');

		if (!target)
			return;
		window.clearTimeout(tooltipTimer);

		const box = target.getBoundingClientRect();
		const text = target.getAttribute('data-tooltip'), look = target.getAttribute('data-tooltip-style');
		let top = box.bottom + window.scrollY;

		tooltip.className = look ? 'cbi-tooltip ' + look : 'cbi-tooltip';
		tooltip.textContent = '▲ ' + text;
		if (top + tooltip.offsetHeight > window.innerHeight + window.scrollY) {
			top -= tooltip.offsetHeight + target.offsetHeight;
			tooltip.textContent = '▼ ' + text;
		}
		tooltip.style.top = top + 'px';
		tooltip.style.left = box.left + window.scrollX + 'px';
		tooltip.style.opacity = 1;
		tooltip.dispatchEvent(new CustomEvent('tooltip-open', { bubbles: true, detail: { target } }));
	},

	hideTooltip(ev) {
		if (tooltip.contains(ev.target) || tooltip.contains(ev.relatedTarget))
			return;
		window.clearTimeout(tooltipTimer);
		tooltip.style.opacity = 0;
		tooltipTimer = window.setTimeout(() => tooltip.removeAttribute('style'), 250);
		tooltip.dispatchEvent(new CustomEvent('tooltip-close', { bubbles: true }));
	},

	addNotification(title, children, ...classes) {
		const main = document.querySelector('#maincontent') ?? document.body;
		const text = E('div', { 'style': 'flex:10' });
		const note = E('div', {
			'class': 'alert-message fade-in',
			'style': 'display:flex',
			'role': 'alert',
			'animationend': ev => ev.currentTarget.classList.contains('fade-out') && ev.currentTarget.remove()
		}, [ text, E('div', { 'style': 'flex:1 1 auto; display:flex' }, [
			E('button', {
				'class': 'btn',
				'style': 'margin-left:auto; margin-top:auto',
				'click': () => note.classList.add('fade-out')
			}, [ _('Dismiss') ])
		]) ]);

		if (title != null)
			dom.append(text, E('h4', {}, title));
		dom.append(text, children);
		note.classList.add(...classes);
		main.insertBefore(note, main.firstElementChild);
		return note;
	},

	showIndicator(id, label, handler, style) {
		const bar = document.querySelector('#indicators');
		const click = typeof(handler) == 'function' ? handler : null;
		let node = bar?.querySelector('span[data-indicator="%s"]'.format(id));

		if (!bar)
			return false;
		if (!node) {
			const next = [ ...bar.children ].find(other => other.getAttribute('data-indicator') > id);

			node = bar.insertBefore(E('span', {
				'data-indicator': id, 'data-clickable': click ? true : null, 'click': click
			}, [ '' ]), next ?? null);
		}
		if (label == node.firstChild.data && style == node.getAttribute('data-style'))
			return false;
		node.firstChild.data = label;
		node.setAttribute('data-style', style == 'inactive' ? 'inactive' : 'active');
		return true;
	},

	hideIndicator(id) {
		const node = document.querySelector('#indicators span[data-indicator="%s"]'.format(id));

		node?.remove();
		return node != null;
	},

	itemlist(node, items, separators) {
		const between = Array.isArray(separators) ? separators : [ separators ?? E('br') ], children = [];

		for (let i = 0; i < items.length; i += 2) {
			if (items[i + 1] == null)
				continue;
			children.push(E('span', { 'class': 'nowrap' }, [
				items[i] ? E('strong', {}, [ items[i] + ': ' ]) : '', items[i + 1]
			]));
			if (i + 2 < items.length) {
				const one = between[(i / 2) % between.length];
				children.push(dom.elem(one) ? one.cloneNode(true) : one);
			}
		}
		dom.content(node, children);
		return node;
	},

	createHandlerFn(self, fn, ...args) {
		const handler = typeof(fn) == 'string' ? self[fn] : fn;

		if (typeof(handler) != 'function')
			return null;
		return (...events) => {
			const target = events[0].currentTarget;

			target.classList.add('spinning');
			target.disabled = true;
			target.blur?.();
			Promise.resolve(handler.apply(self, args.concat(events))).finally(() => {
				target.classList.remove('spinning');
				target.disabled = false;
			});
		};
	},

	instantiateView(path) {
		const name = 'view.' + path.replace(/\//g, '.');

		return L.require(name).then(view => {
			if (!(view instanceof View))
				throw new TypeError('Loaded class %s is not a descendant of View'.format(name));
			return view;
		}).catch(err => {
			dom.content(document.querySelector('#view'), null);
			L.error(err);
		});
	},

	changes: baseclass.singleton({
		apply: () => Promise.reject(new Error(_('Settings are read only here.')))
	}),

	menu, tabs
});
