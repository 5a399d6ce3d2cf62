"""``casewise completion``: the script that teaches a shell to complete the commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(
    epilog="""\b
Examples:
  eval "$(casewise completion bash)"                    in ~/.bashrc
  eval "$(casewise completion zsh)"                     in ~/.zshrc
  casewise completion fish > ~/.config/fish/completions/casewise.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL."""
    kind = get_completion_class(shell)
    assert kind is not None
    # The class's own source() asks the installed shell for its version; printing needs none.
    made = kind(ctx.find_root().command, {}, "casewise", "_CASEWISE_COMPLETE")
    click.echo(made.source_template % made.source_vars())
