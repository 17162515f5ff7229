// buildTree makes LuCI's menu tree of the files of menu.d, whose keys are
// paths: { "admin/weir/flows": { title, order, action } }.
export function buildTree(entries) {
	const root = { children: { admin: { title: 'Administration', satisfied: true, readonly: false } }, satisfied: true, readonly: false };

	for (const path of Object.keys(entries)) {
		let node = root;

		for (const name of path.split('/').filter(part => part != '*'))
			node = ((node.children ??= {})[name] ??= { satisfied: true, readonly: false });
		Object.assign(node, entries[path], { wildcard: path.endsWith('/*') });
	}
	return root;
}

// findPage returns the node that answers a path, and its path: what LuCI's
// dispatcher finds by aliases and first children.
export function findPage(tree, asked) {
	let node = tree, path = [];

	for (const name of asked) {
		if (!node.children?.[name])
			break;
		node = node.children[name];
		path.push(name);
	}
	if (path.length < asked.length && !node.wildcard && node.action?.type != 'view')
		return { node: { satisfied: true }, path: asked };
	for (let steps = 0; steps < 8 && node.action?.type != 'view'; steps++) {
		const type = node.action?.type;

		if (type == 'alias' || type == 'rewrite')
			return findPage(tree, node.action.path.split('/'));

		const first = ordered(node)[0];

		if (!first)
			break;
		path = path.concat(first.name);
		node = first;
	}
	return { node, path };
}

function ordered(node) {
	return Object.keys(node.children ?? {}).map(name => Object.assign(node.children[name], { name }))
		.filter(child => child.title != null)
		.sort((a, b) => (a.order ?? 1000) - (b.order ?? 1000) || byName(a.name, b.name));
}

const byName = new Intl.Collator(undefined, { numeric: true }).compare;

// renderMenu lists the pages in the header, where LuCI has the names of its
// menus, and the children of the page as tabs.
export function renderMenu(ui, tree, path) {
	const menu = document.getElementById('topmenu'), [ mode, group ] = path;
	const pages = tree.children?.[mode]?.children?.[group];

	for (const child of ui.menu.getChildren(pages ?? {}))
		menu.appendChild(link(child, path[2], mode, group, child.name));

	const tabs = ui.menu.getChildren(pages?.children?.[path[2]] ?? {});

	if (tabs.length) {
		const bar = document.getElementById('tabmenu');

		bar.appendChild(E('ul', { 'class': 'tabs' }, tabs.map(child => link(child, path[3], mode, group, path[2], child.name))));
		bar.hidden = false;
	}
}

function link(child, active, ...path) {
	const here = child.name == active;

	return E('li', { 'class': here ? 'active' : '' }, [
		E('a', { 'href': L.url(...path), 'aria-current': here ? 'page' : null }, [ _(child.title) ])
	]);
}
