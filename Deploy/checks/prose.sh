#!/usr/bin/env bash
#
# Checks the prose that people read: README has at most 150 lines; no comment begins with Who, Whoever, What or Whatever
# as a noun; links inside the repository lead somewhere; and few sentences of README and the manual are long.
#
#   Deploy/checks/prose.sh           checks
#   Deploy/checks/prose.sh --list    also shows every long sentence

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

show=no
[ "${1:-}" != --list ] || show=yes

readme_limit=150
word_limit=25
# Sentences over the word limit in README, the manual and the articles together. Lower it, never raise it.
long_limit=0

# Tracked and new files; in an unpacked archive without git, everything but build products. `safe.directory`: root may
# check a clone that belongs to somebody else.
if [ -e .git ]; then
  list() { git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@"; }
else
  list() { find "$@" -path '*/.build' -prune -o -type f -print; }
fi

failures=0
complain() {
  printf '%s\n' "$*" >&2
  failures=$((failures + 1))
}

lines=$(wc -l < README.md)
[ "$lines" -le "$readme_limit" ] || complain "README.md has $lines lines (limit $readme_limit)"

mapfile -t code < <(list Sources Jobs Deploy README.md Package.swift Tests | grep -E '\.(swift|sql|sh|yaml|c|h|cpp|md|service|conf|crontab|example)$' | sort -u)
perl - "${code[@]}" <<'PERL' || failures=$((failures + 1))
use strict; use warnings;
my $found = 0;
for my $path (@ARGV) {
  open my $file, '<', $path or next;
  my ($is_page, $is_sql) = (scalar($path =~ /\.md$/), scalar($path =~ /\.sql$/));
  my ($in_code, $in_block) = (0, 0);
  my @lines = <$file>;
  for my $i (0 .. $#lines) {
    my $line = $lines[$i];
    my $text;
    if ($is_page) {
      $in_code = !$in_code if $line =~ /^\s*```/;
      next if $in_code;
      $text = $line;
      $text =~ s/`[^`]*`/x/g;
      $text =~ s/^[\s>*|#-]+//;
    } elsif ($line =~ m{^\s*(?:///?|//!)\s?(.*)} or $line =~ m{\s//\s(.*)}) { $text = $1 unless $path =~ /\.(sql|yaml|sh)$/; }
    if (!defined $text && $path =~ /\.(sql)$/ && ($line =~ /^\s*--\s?(.*)/ or $line =~ /\s--\s(.*)/)) { $text = $1; }
    if (!defined $text && $is_sql && $line =~ /^\s*(?:COMMENT ON .* IS)?\s*'((?:Who|What)\S* .*)/) { $text = $1; }
    if (!defined $text && $path =~ /\.(sh|yaml|service|conf|crontab|example)$/ && $line =~ /^\s*#(?!!)\s?(.*)/) { $text = $1; }
    next unless defined $text;
    $text =~ s/^(?:- )?(?:Purpose:|Parameter \w+:|Parameters?:|Returns:|Throws:|\w+:)\s+// unless $is_page;
    # At the start of the text, or of a sentence within it. A question is none of ours.
    while ($text =~ /(?:^|[.!:]\s+)\*{0,2}(Who|Whoever|What|Whatever)\s+([^.?!]*[.?!]?)/g) {
      my ($word, $rest) = ($1, $2);
      my $next = $lines[$i + 1] // '';
      next if $rest =~ /\?$/ or ($rest !~ /[.?!]$/ and $next =~ /^[^.!]*\?/);
      # A heading of a page may be a question without its mark.
      next if $is_page and $line =~ /^#/;
      next if $is_page and $line =~ /^\s*\|/;
      printf STDERR "%s:%d: begins with %s: %s", $path, $i + 1, $word, $line =~ s/^\s+//r;
      $found++;
    }
  }
}
if ($found) { print STDERR "$found comments begin with Who, Whoever, What or Whatever as a noun: say what it is instead\n"; exit 1 }
PERL

mapfile -t pages < <(list README.md Deploy Tests Sources Jobs | grep -E '\.md$' | sort -u)
perl - "${pages[@]}" <<'PERL' || failures=$((failures + 1))
use strict; use warnings;
use File::Basename; use File::Spec;
# Written by the program itself (see Deploy/docs/README.md). Before they are there the links to them lead nowhere.
my %generated = map { ("Deploy/docs/reference/$_.md" => 1) }
  qw(sql-functions views settings cli kinds domains exit-status log-events targets);
my (%anchors, %missing);
my $broken = 0;
sub anchors {
  my $path = shift;
  return $anchors{$path} if $anchors{$path};
  my (%set, $in_code);
  open my $file, '<', $path or return {};
  while (<$file>) {
    $in_code = !$in_code if /^\s*```/;
    next if $in_code or !/^#+\s+(.*?)\s*$/;
    my $name = lc $1;
    $name =~ s/[^\w\s-]//g; $name =~ s/\s/-/g;
    $set{$name} = 1;
  }
  return $anchors{$path} = \%set;
}
for my $path (@ARGV) {
  open my $file, '<', $path or next;
  my $in_code = 0;
  while (my $line = <$file>) {
    $in_code = !$in_code if $line =~ /^\s*```/;
    next if $in_code;
    $line =~ s/`[^`]*`//g;
    while ($line =~ /\]\(([^)\s]+)\)/g) {
      my $link = $1;
      next if $link =~ m{^[a-z]+:};
      my ($target, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
      my $to = $target eq '' ? $path : File::Spec->canonpath(dirname($path) . "/$target");
      1 while $to =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
      if (!-e $to) {
        if ($generated{$to}) { $missing{$to} = 1; next }
        print STDERR "$path:$.: the link $link leads nowhere\n"; $broken++;
      } elsif (defined $anchor && $to =~ /\.md$/ && !$generated{$to} && !anchors($to)->{lc $anchor}) {
        print STDERR "$path:$.: $to has no heading for #$anchor\n"; $broken++;
      }
    }
  }
  close $file;
}
print "not generated yet: ", join(' ', sort keys %missing), "\n" if %missing;
exit($broken ? 1 : 0);
PERL

# Table cells, list items and paragraphs are read by sentences; code in backticks is one word; code blocks are left out.
perl - "$word_limit" "$long_limit" "$show" "${pages[@]}" <<'PERL' || failures=$((failures + 1))
use strict; use warnings;
my ($words, $most, $show, @pages) = @ARGV;
my ($long, $all) = (0, 0);
for my $path (@pages) {
  next if $path =~ m{^Deploy/docs/reference/};
  open my $file, '<', $path or next;
  my ($in_code, @blocks, $block) = (0);
  my $start = 0;
  while (my $line = <$file>) {
    chomp $line;
    if ($line =~ /^\s*```/) { $in_code = !$in_code; push @blocks, [$start, $block] if defined $block; $block = undef; next }
    next if $in_code;
    if ($line =~ /^\s*\|/) {
      push @blocks, [$start, $block] if defined $block; $block = undef;
      (my $row = $line) =~ s/`[^`]*`/code/g;
      push @blocks, map { [$., $_] } split /\|/, $row;
    } elsif ($line =~ /^\s*$/ or $line =~ /^#/) {
      push @blocks, [$start, $block] if defined $block; $block = undef;
    } elsif ($line =~ /^\s*(?:[-*]|\d+\.)\s+(.*)/) {
      push @blocks, [$start, $block] if defined $block;
      ($start, $block) = ($., $1);
    } elsif (defined $block) { $block .= " $line" } else { ($start, $block) = ($., $line) }
  }
  push @blocks, [$start, $block] if defined $block;
  for (@blocks) {
    my ($at, $text) = @$_;
    $text =~ s/`[^`]*`/code/g;
    $text =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
    $text =~ s/<[^>]*>/link/g;
    $text =~ s/\*//g;
    for my $sentence (split /(?<=[.!?:])\s+/, $text) {
      my $count = grep { /\w/ } split /\s+/, $sentence;
      $all++ if $count;
      next if $count <= $words;
      $long++;
      print "$path:$at: $count words: $sentence\n" if $show eq 'yes' or $long > $most;
    }
  }
}
print "$all sentences, $long over $words words (limit $most)\n";
exit($long > $most ? 1 : 0);
PERL

[ "$failures" -eq 0 ]
