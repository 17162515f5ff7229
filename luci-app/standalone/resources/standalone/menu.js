'use strict';
'require baseclass';

// ui.menu: the tree comes with the page.
return baseclass.extend({
	load() {
		return Promise.resolve(L.env.menu);
	},

	flushCache() {},

	getChildren(node) {
		const children = (node ?? L.env.menu).children ?? {};

		return Object.keys(children)
			.filter(name => children[name].satisfied && children[name].title != null)
			.map(name => this.resolve(Object.assign(children[name], { name })))
			.sort((a, b) => (a.order ?? 1000) - (b.order ?? 1000) || L.naturalCompare(a.name, b.name));
	},

	// resolve gives an alias the children of what it stands for.
	resolve(node) {
		if (node.action?.type != 'alias' && node.action?.type != 'rewrite')
			return node;

		const other = node.action.path.split('/').reduce((at, name) => at?.children?.[name], L.env.menu);

		return other ? Object.assign({}, node, { children: other.children, action: other.action }) : node;
	}
});
