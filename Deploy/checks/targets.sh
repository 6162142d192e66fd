#!/usr/bin/env bash
#
# The targets of Package.swift and who imports whom: holds that every folder of code is declared and that no target
# imports one of a higher layer, and that the manual's page about targets is what Package.swift says.
#
#   Deploy/checks/targets.sh            fails where the page is out of date
#   Deploy/checks/targets.sh --write    writes the page

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

write=no
case "${1:-}" in
  '') ;;
  --write) write=yes ;;
  *)
    echo "usage: Deploy/checks/targets.sh [--write]" >&2
    exit 64
    ;;
esac

page=Deploy/docs/reference/targets.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A folder of its own: a build that is under way keeps the other one locked.
describe() { swift package --scratch-path "$work/scratch" dump-package; }
TWINMILL_WITHOUT_POSTGRES='' describe > "$work/all.json"
TWINMILL_WITHOUT_POSTGRES=1 describe > "$work/pure.json"

perl - "$work/all.json" "$work/pure.json" > "$work/page.md" <<'PERL'
use strict; use warnings;
use JSON::PP;

# From the ground up. Targets that TWINMILL_WITHOUT_POSTGRES=1 leaves in are pure; the others stand here.
my @layers = (
  ['Pure', 'no PostgreSQL, no queue'],
  ['PostgreSQL', 'the client and private servers', qw(CLibpq Postgres PostgresServer)],
  ['Queue', 'jobs, whatever they are about', qw(Telemetry Queue Worker Scheduler)],
  ['Twins', 'what the jobs are about', qw(Twins Domains Analysis Jobs ReadModels)],
  ['Programs', 'commands, checker, benchmarks', qw(Verifier Benchmarks CommandLine twinmill)],
);

my ($all, $pure) = map { open my $file, '<', $_ or die; local $/; decode_json(<$file>)->{targets} } @ARGV;
my %target = map { $_->{name} => $_ } @$all;
my %rank;
for my $number (1 .. $#layers) { my (undef, undef, @names) = @{$layers[$number]}; $rank{$_} = $number for @names }
my $failed = 0;
sub complain { print STDERR "@_\n"; $failed = 1 }

# Folders
my %declared;
for (@$all, @$pure) {
  my $path = $_->{path} // ($_->{type} eq 'test' ? 'Tests' : 'Sources') . "/$_->{name}";
  $declared{$1} = 1 if $path =~ m{^((?:Sources|Tests)/[^/]+)};
}
for my $folder (glob 'Sources/* Tests/*') {
  next if $declared{$folder} or !-d $folder;
  complain("$folder: Package.swift declares no target there") if `find '$folder' -name '*.swift' | head -n 1`;
}

# Layers. Test targets and what builds the build are in none.
my @code = grep { $_->{type} =~ /^(?:regular|executable|system)$/ && ($_->{path} // '') !~ m{^Tests/|EmbedFiles} } @$all;
$rank{$_->{name}} = 0 for @$pure;
for (@code) { complain("$_->{name}: give it a layer in Deploy/checks/targets.sh") unless defined $rank{$_->{name}} }
exit 1 if $failed;

my (%imports, %packages);
for my $code (@code) {
  for (@{$code->{dependencies}}) {
    my ($name) = map { $_->[0] } values %$_;
    next if exists $target{$name} && $target{$name}{type} eq 'plugin';
    if (exists $_->{product}) { push @{$packages{$code->{name}}}, $name } else { push @{$imports{$code->{name}}}, $name }
  }
  for (@{$imports{$code->{name}} // []}) {
    complain("$code->{name} imports $_, which is above it") if $rank{$_} > $rank{$code->{name}};
  }
}
exit 1 if $failed;

# Only arrows that no longer way says: A → C is left out where A → B → C.
sub reaches {
  my ($from, $to) = @_;
  return 1 if $from eq $to;
  for (@{$imports{$from} // []}) { return 1 if reaches($_, $to) }
  return 0;
}

print <<'TEXT';
# Targets

Made from `Package.swift` by `Deploy/checks/targets.sh --write`.

An arrow means: imports. It is left out where a longer way leads to the same target. Nothing imports upwards, and
`--explicit-target-dependency-import-check error` refuses an import that is not declared.

```mermaid
flowchart TD
TEXT
for my $number (reverse 0 .. $#layers) {
  my ($layer, $meaning) = @{$layers[$number]};
  print "  subgraph layer$number [\"$layer: $meaning\"]\n";
  print "    $_\n" for sort grep { $rank{$_} == $number } map { $_->{name} } @code;
  print "  end\n";
}
for my $from (sort keys %imports) {
  my @to = sort @{$imports{$from}};
  for my $to (@to) {
    next if grep { $_ ne $to && reaches($_, $to) } @to;
    print "  $from --> $to\n";
  }
}
print "```\n\n| target | imports | packages |\n|---|---|---|\n";
for my $number (reverse 0 .. $#layers) {
  for my $name (sort grep { $rank{$_} == $number } map { $_->{name} } @code) {
    my ($own, $others) = map { join ', ', map { "`$_`" } sort @{$_ // []} } $imports{$name}, $packages{$name};
    print "| `$name` | $own | $others |\n" =~ s/\|  \|/| |/gr =~ s/\|  \|/| |/gr;
  }
}
print <<'TEXT';

The pure targets build and test where libpq is not installed: `Deploy/checks/pure.sh` does that.
TEXT
PERL

if [ "$write" = yes ]; then
  mkdir -p "$(dirname "$page")"
  cp "$work/page.md" "$page"
elif ! diff -u "$page" "$work/page.md"; then
  echo "$page is out of date: run Deploy/checks/targets.sh --write" >&2
  exit 1
fi
