'use strict';
'require baseclass';
'require dom';
'require session';

// ui.tabs: children with data-tab and data-tab-title become the panes of a
// .cbi-tabmenu that is put before their parent.
return baseclass.extend({
	init() {
		const groups = new Set();

		for (const pane of document.querySelectorAll('[data-tab]'))
			if (!dom.matches(pane, 'ul.cbi-tabmenu > li'))
				groups.add(pane.parentNode);
		[ ...groups ].forEach((group, i) => {
			group.setAttribute('data-tab-group', i);
			this.initTabGroup(group.querySelectorAll(':scope > [data-tab]'));
		});
		document.addEventListener('dependency-update', () => this.updateTabs());
	},

	initTabGroup(panes) {
		if (panes == null || typeof(panes) != 'object' || !panes.length)
			return;

		const all = [ ...panes ], group = all[0].parentNode;

		if (group.getAttribute('data-initialized') === 'true')
			return;

		const shown = i => i >= 0 && i < all.length && !this.isEmptyPane(all[i]);
		let selected = all.findIndex(pane => pane.getAttribute('data-tab-active') === 'true');

		if (selected < 0)
			selected = this.getActiveTabId(all[0]);
		if (!shown(selected))
			selected = Math.max(0, all.findIndex((pane, i) => shown(i)));

		const menu = E('ul', { 'class': 'cbi-tabmenu' }, all.map((pane, i) => E('li', {
			'style': this.isEmptyPane(pane) ? 'display:none' : null,
			'class': i == selected ? 'cbi-tab' : 'cbi-tab-disabled',
			'data-tab': pane.getAttribute('data-tab')
		}, [ E('a', { 'href': '#', 'click': ev => this.switchTab(ev) }, [ pane.getAttribute('data-tab-title') ]) ])));

		group.parentNode.insertBefore(menu, group);
		group.setAttribute('data-initialized', true);
		all[selected].setAttribute('data-tab-active', 'true');
		this.setActiveTabId(all[selected], selected);
		requestAnimationFrame(() => this.announce(all[selected]));
		this.updateTabs(null, group);
	},

	announce(pane) {
		pane.dispatchEvent(new CustomEvent('cbi-tab-active', { detail: { tab: pane.getAttribute('data-tab') } }));
	},

	isEmptyPane(pane) {
		return dom.isEmpty(pane, node => node.classList.contains('cbi-tab-descr'));
	},

	getPathForPane(pane) {
		const path = [];

		for (let node = pane?.parentNode; node?.hasAttribute; node = node.parentNode)
			if (node.hasAttribute('data-tab'))
				path.unshift(node.getAttribute('data-tab'));
			else if (node.hasAttribute('data-section-id'))
				path.unshift(node.getAttribute('data-section-id'));
		return path.join('/');
	},

	getActiveTabState() {
		const page = document.body.getAttribute('data-page'), state = session.getLocalData('tab');

		return state?.page === page && L.isObject(state.paths) ? state : { page, paths: {} };
	},

	getActiveTabId(pane) {
		return +this.getActiveTabState().paths[this.getPathForPane(pane)] || 0;
	},

	setActiveTabId(pane, index) {
		const state = this.getActiveTabState();

		state.paths[this.getPathForPane(pane)] = index;
		return session.setLocalData('tab', state);
	},

	updateTabs(ev, root) {
		for (const pane of (root ?? document).querySelectorAll('[data-tab-title]')) {
			const tab = pane.parentNode.previousElementSibling?.querySelector('[data-tab="%s"]'.format(pane.getAttribute('data-tab')));

			if (tab)
				tab.style.display = this.isEmptyPane(pane) ? 'none' : '';
		}
	},

	switchTab(ev) {
		const tab = ev.target.parentNode, menu = tab.parentNode, name = tab.getAttribute('data-tab');

		ev.preventDefault();
		if (!tab.classList.contains('cbi-tab-disabled'))
			return;
		for (const other of menu.querySelectorAll('[data-tab]')) {
			other.classList.toggle('cbi-tab', other === tab);
			other.classList.toggle('cbi-tab-disabled', other !== tab);
		}
		[ ...menu.nextElementSibling.querySelectorAll(':scope > [data-tab]') ].forEach((pane, i) => {
			const active = pane.getAttribute('data-tab') === name;

			pane.setAttribute('data-tab-active', active);
			if (active) {
				this.announce(pane);
				this.setActiveTabId(pane, i);
			}
		});
	}
});
