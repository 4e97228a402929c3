using System.Globalization;

namespace Lacquer.Formats.Identity;

/// <summary>What is wrong with a code, and what it probably was. A proposal for a person to look at: nothing is ever put right by it.</summary>
/// <param name="Problem">In a few words.</param>
/// <param name="Suggestion">A code without fault that is one likely slip away, or null where none is likelier than others.</param>
public sealed record CodeFault(string Problem, string? Suggestion);

/// <summary>Holds codes to the standards and proposes repairs.</summary>
public static class CodeCheck
{
    private const int LongestText = 200;

    /// <summary>What is wrong with an ISRC as a source writes it (ISO 3901:2019), or null where it is one.</summary>
    public static CodeFault? OfIsrc(string text)
    {
        if (Isrc.TryParse(text, out _))
            return null;
        if (text.Length > LongestText)
            return new CodeFault("too long", null);
        var parts = text.Split('-', StringSplitOptions.TrimEntries);
        // US-RC1-76-7839: the designation has lost its zeros.
        if (parts is [{ Length: 2 }, { Length: 3 }, { Length: 2 }, { Length: >= 1 and <= 4 } designation] && designation.All(char.IsAsciiDigit) && IsIsrc(parts[0] + parts[1] + parts[2] + designation.PadLeft(5, '0')) is { } padded)
            return new CodeFault("its designation has fewer than five digits", padded);
        var plain = Plain(text);
        if (plain.StartsWith("ISRC", StringComparison.Ordinal) && plain.Length > 12)
            plain = plain[4..];
        if (plain.Length == 12)
        {
            if (IsIsrc(plain) is { } bare)
                return new CodeFault("signs that do not belong there", bare);
            var likely = string.Concat(plain.Select((letter, i) => i < 2 ? AsLetter(letter) : i < 5 ? letter : AsDigit(letter)));
            return IsIsrc(likely) is { } unmixed ? new CodeFault("letters and digits are mixed up", unmixed) : new CodeFault("not two letters, three letters or digits, seven digits", null);
        }

        if (plain.Length is 24 or 36 or 48 && plain.Chunk(12).Select(c => IsIsrc(new string(c))).ToList() is var several && several.All(s => s is not null))
            return new CodeFault("several codes in one", string.Join(' ', several));
        return new CodeFault(string.Create(CultureInfo.InvariantCulture, $"{plain.Length} letters and digits, not 12"), null);
    }

    /// <summary>What is wrong with a barcode as a source writes it (GS1 General Specifications, §7.9), or null where it is a GTIN-8, -12, -13 or -14.</summary>
    public static CodeFault? OfGtin(string text)
    {
        if (text.Length > LongestText)
            return new CodeFault("too long", null);
        var digits = string.Concat(text.Where(c => c is not (' ' or '-' or '\t')));
        var plain = Plain(text);
        if (plain.Length > 0 && plain.All(c => AsDigit(c) == '0'))
            return new CodeFault("nothing but zeros", null);
        if (digits.All(char.IsAsciiDigit) && IsGtin(digits))
            return null;
        if (digits.Any(c => c is 'E' or 'e') && double.TryParse(digits.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            return new CodeFault("a spreadsheet has rounded it", null);
        if (!digits.All(char.IsAsciiDigit))
        {
            if (plain.All(char.IsAsciiDigit) && IsGtin(plain))
                return new CodeFault("signs that do not belong there", plain);
            var likely = string.Concat(plain.Select(AsDigit));
            return likely.All(char.IsAsciiDigit) && IsGtin(likely) ? new CodeFault("letters among the digits", likely) : new CodeFault("not a number", null);
        }

        return digits.Length switch
        {
            // Zeros at the beginning do not change the check digit.
            >= 9 and <= 11 when HasCheckDigit(digits) => new CodeFault("a zero at the beginning is missing", digits.PadLeft(12, '0')),
            7 or 11 => new CodeFault("the check digit is missing", WithCheckDigit(digits)),
            12 => new CodeFault("the check digit is wrong, or that of 13 digits is missing", WithCheckDigit(digits)),
            8 or 13 or 14 => new CodeFault($"the check digit is wrong: by the others it is {WithCheckDigit(digits[..^1])[^1]}", null),
            var length => new CodeFault(string.Create(CultureInfo.InvariantCulture, $"{length} digits, not 8, 12, 13 or 14"), null),
        };
    }

    private static bool IsGtin(string digits) => digits.Length is 8 or 12 or 13 or 14 && HasCheckDigit(digits);

    private static bool HasCheckDigit(string digits) => WithCheckDigit(digits[..^1]) == digits;

    // Counted from the right, beside the check digit, every other digit counts three times.
    private static string WithCheckDigit(string digits) =>
        digits + (char)('0' + (10 - digits.Reverse().Select((digit, i) => (digit - '0') * (i % 2 == 0 ? 3 : 1)).Sum() % 10) % 10);

    private static string? IsIsrc(string text) => Isrc.TryParse(text, out var isrc) ? isrc.ToString() : null;

    private static string Plain(string text) => string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();

    private static char AsDigit(char letter) => letter switch { 'O' or 'Q' or 'D' => '0', 'I' or 'L' => '1', 'Z' => '2', 'S' => '5', 'B' => '8', _ => letter };

    private static char AsLetter(char digit) => digit switch { '0' => 'O', '1' => 'I', '5' => 'S', '8' => 'B', _ => digit };
}
