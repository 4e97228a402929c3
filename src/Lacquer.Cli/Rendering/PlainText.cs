using System.Globalization;
using System.Text;

namespace Lacquer.Cli.Rendering;

/// <summary>Text as a terminal shows it.</summary>
public static class PlainText
{
    /// <summary>Without what a terminal would obey instead of showing it: control characters, and those that turn the direction of writing.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsObeyed))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var letter in text)
            if (!IsObeyed(letter)) clean.Append(letter);
            else if (letter is '\t' or '\n' or '\r') clean.Append(' ');
        return clean.ToString();
    }

    /// <summary>With our own signs in ASCII, for outputs that have no others.</summary>
    public static string Ascii(string text) => text.Replace("…", "...", StringComparison.Ordinal).Replace('\u202f', ' ').Replace('–', '-').Replace('—', '-').Replace('·', '|').Replace("→", "->", StringComparison.Ordinal);

    /// <summary>How many columns a text takes.</summary>
    public static int Columns(string text) => text.EnumerateRunes().Sum(Columns);

    /// <summary>Cut to a number of columns, with … where something is missing.</summary>
    public static string Fit(string text, int columns)
    {
        if (Columns(text) <= columns)
            return text;
        var (cut, used) = (new StringBuilder(), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (used + Columns(rune) > columns - 1)
                break;
            used += Columns(rune);
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    /// <summary>Broken at spaces into lines of at most so many columns.</summary>
    public static IEnumerable<string> Wrap(string text, int columns)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && Columns(line) + 1 + Columns(word) > columns)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        yield return line;
    }

    private static bool IsObeyed(char letter) =>
        char.IsControl(letter) || letter is '\u061c' or '\u200e' or '\u200f' or '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff';

    // The ranges that Unicode Standard Annex 11 calls wide, as far as letters and emoji go.
    private static int Columns(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control => 0,
        _ => rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0x303E) or (>= 0x3041 and <= 0xA4CF) or (>= 0xA960 and <= 0xA97F) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1F64F) or (>= 0x1F900 and <= 0x1F9FF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1,
    };
}
