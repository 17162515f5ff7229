import { Class } from './class.js';

// Styles are set through the object model: the page's policy refuses what an
// attribute named style brings along, which LuCI's E() makes of { style: … }.
{
	const plain = Element.prototype.setAttribute;

	Element.prototype.setAttribute = function(name, value) {
		if (String(name).toLowerCase() == 'style' && this.style)
			this.style.cssText = value;
		else
			plain.call(this, name, value);
	};
}

export const DOM = Class.singleton({
	__name__: 'LuCI.dom',

	registry: {},

	elem(e) {
		return e != null && typeof(e) == 'object' && 'nodeType' in e;
	},

	parse(text) {
		return new DOMParser().parseFromString(text, 'text/html').body.firstChild;
	},

	matches(node, selector) {
		return this.elem(node) && node.matches ? node.matches(selector) : false;
	},

	parent(node, selector) {
		return this.elem(node) && node.closest ? node.closest(selector) : null;
	},

	// A text alone is HTML, as in LuCI; in an array it is a text, and null the
	// text null.
	append(node, children) {
		if (!this.elem(node) || children == null)
			return null;
		if (Array.isArray(children)) {
			for (const child of children)
				node.appendChild(this.elem(child) ? child : document.createTextNode(`${child}`));
			return node.lastChild;
		}
		if (typeof(children) == 'function')
			return this.append(node, children(node));
		if (this.elem(children))
			return node.appendChild(children);
		node.innerHTML = String(children);
		return node.lastChild;
	},

	content(node, children) {
		if (!this.elem(node))
			return null;
		for (const bound of node.querySelectorAll('[data-idref]'))
			delete this.registry[bound.getAttribute('data-idref')];
		while (node.firstChild)
			node.removeChild(node.firstChild);
		return this.append(node, children);
	},

	attr(node, key, value) {
		if (!this.elem(node))
			return null;

		const given = typeof(key) == 'string' ? { [key]: value } : key;

		for (const name of Object.keys(given ?? {})) {
			if (given[name] == null)
				continue;
			if (typeof(given[name]) == 'function')
				node.addEventListener(name, given[name]);
			else if (typeof(given[name]) == 'object')
				node.setAttribute(name, JSON.stringify(given[name]));
			else
				node.setAttribute(name, given[name]);
		}
	},

	create(html, attributes, children) {
		let node;

		if (!(attributes instanceof Object) || Array.isArray(attributes))
			children = attributes, attributes = null;
		if (Array.isArray(html)) {
			node = document.createDocumentFragment();
			for (const one of html)
				node.appendChild(this.create(one));
		}
		else if (this.elem(html)) {
			node = html;
		}
		else {
			node = html.startsWith('<') ? this.parse(html) : document.createElement(html);
		}
		if (!node)
			return null;
		this.attr(node, attributes);
		this.append(node, children);
		return node;
	},

	data(node, key, value) {
		if (!node?.getAttribute)
			return null;

		let id = node.getAttribute('data-idref');
		const held = id != null ? this.registry[id] : null;

		if (arguments.length == 1)
			return held;
		if (arguments.length == 2)
			return key == null ? this.forget(node, id) : (held ? held[key] : null);
		if (value == null) {
			const old = held ? held[key] : null;
			if (held)
				delete held[key];
			return old;
		}
		if (id == null) {
			do id = Math.floor(Math.random() * 0xffffffff).toString(16);
			while (this.registry.hasOwnProperty(id));
			node.setAttribute('data-idref', id);
			this.registry[id] = {};
		}
		return (this.registry[id][key] = value);
	},

	forget(node, id) {
		const held = this.registry[id] ?? null;

		node.removeAttribute('data-idref');
		delete this.registry[id];
		return held;
	},

	bindClassInstance(node, instance) {
		if (!(instance instanceof Class))
			L.error('TypeError', 'Argument must be a class instance');
		return this.data(node, '_class', instance);
	},

	findClassInstance(node) {
		for (; node != null; node = node.parentNode) {
			const instance = this.data(node, '_class');
			if (instance instanceof Class)
				return instance;
		}
		return null;
	},

	callClassMethod(node, method, ...args) {
		const instance = this.findClassInstance(node);

		return typeof(instance?.[method]) == 'function' ? instance[method](...args) : null;
	},

	isEmpty(node, ignore) {
		for (const child of node?.children ?? [])
			if (!child.classList.contains('hidden') && !ignore?.(child))
				return false;
		return true;
	}
});
