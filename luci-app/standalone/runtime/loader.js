import { Class } from './class.js';
import { classes } from './classes.js';

// LuCI evaluates the text of a module, which the policy of this page forbids.
// Here the server serves each module inside a call of weir_define, with the
// names that its 'require …' lines ask for.
const defined = {};

window.weir_define = (name, requires, factory) => {
	defined[name] = { requires, factory };
};

// requireClass returns the promise of the only instance of a class.
export function requireClass(L, name, from = []) {
	if (classes[name] != null) {
		if (from.includes(name))
			L.raise('DependencyError', 'Circular dependency: class "%s" depends on "%s"',
				name, from.join('" which depends on "'));
		return Promise.resolve(classes[name]);
	}

	const url = '%s/%s.js?v=%s'.format(L.env.resource, name.replace(/\./g, '/'), L.env.resource_version);

	classes[name] = loadScript(url).then(error => {
		if (!defined[name])
			L.raise(error ? 'SyntaxError' : 'NetworkError', '%s\n  in %s', error ?? 'The file holds no class', url);

		const { requires, factory } = defined[name];

		return Promise.all(requires.map(one => L.require(one, [ name ].concat(from))))
			.then(instances => instantiate(L, name, factory(window, document, L, ...instances)));
	}, () => L.raise('NetworkError', 'Error while loading class file "%s"', url));
	return classes[name];
}

function instantiate(L, name, made) {
	if (!Class.isSubclass(made))
		L.error('TypeError', '"%s" factory yields invalid constructor', name);

	const instance = new made(), parts = name.split('.');
	let at = Object.getPrototypeOf(L);

	for (const part of parts.slice(0, -1))
		at = at?.[part];
	if (at)
		at[parts[parts.length - 1]] = instance;
	classes[name] = instance;
	return instance;
}

// loadScript runs a script and then tells what is wrong with its text.
function loadScript(url) {
	return new Promise((resolve, reject) => {
		const script = document.createElement('script');
		let error = null;
		const note = ev => {
			if (ev.filename == script.src)
				error = ev.message;
		};

		window.addEventListener('error', note);
		script.onload = () => {
			window.removeEventListener('error', note);
			resolve(error);
		};
		script.onerror = () => {
			window.removeEventListener('error', note);
			reject();
		};
		script.src = url;
		document.head.appendChild(script);
	});
}
