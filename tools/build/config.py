# SPDX-License-Identifier: GPL-2.0-only
"""Configuration: .config, autoconf.h and auto.conf from Kconfig, by kconfiglib.

Called by the Makefile: config.py --build DIR COMMAND [--set NAME=VALUE]...
Invariant: an output whose contents would not change is not touched, so nothing is rebuilt for it.

  auto           make .config where it is missing, bring it up to date, write autoconf.h, auto.conf
  defconfig      .config of defaults        savedefconfig  build/defconfig: only what differs
  oldconfig      ask for what is new        menuconfig     edit in the terminal
  docs           docs/kconfig.md on stdout
"""

import argparse
import os
import pathlib
import sys

try:
    import kconfiglib
except ImportError:
    sys.exit("config: python3-kconfiglib is missing (Debian: apt-get install python3-kconfiglib)")

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write_if_changed(path, text):
    """Write a file only when its contents change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    partial = path.with_suffix(path.suffix + ".new")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def load(config):
    """The tree's Kconfig with the present .config, or with defaults where there is none."""
    os.environ["srctree"] = str(ROOT)
    kconf = kconfiglib.Kconfig(str(ROOT / "Kconfig"), warn_to_stderr=False)
    if config.exists():
        kconf.load_config(str(config))
    for warning in kconf.warnings:
        print(f"config: {warning}", file=sys.stderr)
    return kconf


def apply_overrides(kconf, overrides):
    """NAME=VALUE from the make command line; a wrong name or value ends the build."""
    for item in overrides:
        name, _, value = item.partition("=")
        symbol = kconf.syms.get(name.removeprefix("CONFIG_"))
        if symbol is None or not symbol.nodes:
            sys.exit(f"config: no option {name}; `make menuconfig` shows them all")
        if not symbol.set_value(value) or symbol.str_value != value:
            sys.exit(f"config: {symbol.name} cannot be {value!r}")


def write_outputs(kconf, build):
    """The .config, the C header and the make fragment."""
    write_if_changed(build / ".config", kconf._config_contents("# Made by `make`; see Kconfig\n"))
    header = ["/* SPDX-License-Identifier: GPL-2.0-only */",
              "/* Made from .config by tools/build/config.py. */",
              "#ifndef GEN_AUTOCONF_H", "#define GEN_AUTOCONF_H", ""]
    fragment = ["# Made from .config by tools/build/config.py"]
    for symbol in kconf.unique_defined_syms:
        value = symbol.str_value
        name = kconf.config_prefix + symbol.name
        if symbol.orig_type == kconfiglib.BOOL:
            if value == "y":
                header.append(f"#define {name} 1")
                fragment.append(f"{name} := y")
        elif symbol.orig_type in (kconfiglib.INT, kconfiglib.HEX):
            header.append(f"#define {name} {value}")
            fragment.append(f"{name} := {value}")
        else:
            escaped = kconfiglib.escape(value)
            header.append(f'#define {name} "{escaped}"')
            fragment.append(f"{name} := {value}")
    header += ["", "#endif", ""]
    write_if_changed(build / "gen" / "autoconf.h", "\n".join(header))
    write_if_changed(build / "gen" / "auto.conf", "\n".join(fragment) + "\n")


def docs(kconf):
    """docs/kconfig.md: every option with its default and help, in the order of the menus."""
    lines = ["# Build options", "",
             "Made from `Kconfig` by `make docs`; `make menuconfig` edits them.", ""]
    for node in kconf.node_iter():
        if node.item == kconfiglib.MENU and node.prompt:
            lines += [f"## {node.prompt[0]}", ""]
        elif isinstance(node.item, kconfiglib.Symbol) and node.prompt:
            symbol = node.item
            default = symbol.str_value
            lines += [f"### CONFIG_{symbol.name}", "", f"{node.prompt[0]}. Default: `{default}`."]
            if symbol.ranges:
                low, high, _ = symbol.ranges[0]
                lines[-1] += f" Range: {low.str_value} to {high.str_value}."
            if node.help:
                lines += ["", node.help.strip()]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def main():
    """One command a call."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("command", choices=["auto", "defconfig", "savedefconfig", "oldconfig",
                                            "menuconfig", "docs"])
    args = parser.parse_args()
    config = args.build / ".config"
    if args.command in ("defconfig", "docs"):
        kconf = load(args.build / "no such file")
    else:
        kconf = load(config)
    apply_overrides(kconf, args.set)

    if args.command == "docs":
        sys.stdout.write(docs(kconf))
        return
    if args.command == "savedefconfig":
        kconf.write_min_config(str(args.build / "defconfig"))
        print(args.build / "defconfig")
        return
    if args.command in ("menuconfig", "oldconfig"):
        write_outputs(kconf, args.build)
        os.environ["KCONFIG_CONFIG"] = str(config)
        if args.command == "menuconfig":
            import menuconfig
            menuconfig.menuconfig(kconf)
        else:
            import oldconfig
            sys.argv = ["oldconfig", str(ROOT / "Kconfig")]
            oldconfig._main()
        kconf = load(config)
    write_outputs(kconf, args.build)


if __name__ == "__main__":
    main()
