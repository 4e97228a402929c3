using System.Globalization;
using System.Text;

namespace Lacquer.Formats.Catalogues;

/// <summary>The one way text is made comparable, for the index, for queries and for matching.</summary>
public static class SearchText
{
    /// <summary>More letters than this of one text are not indexed.</summary>
    public const int LongestText = 4096;

    /// <summary>
    /// Words in lower case without diacritics, with one space between them: compatibility decomposition (UAX 15, NFKD), marks dropped, everything
    /// that is neither letter nor digit a space, apostrophes dropped. <c>"Déjà-vu: Don't!"</c> becomes <c>"deja vu dont"</c>. Never throws: a lone surrogate is a separator. At most <see cref="LongestText"/> letters come out.
    /// </summary>
    public static string Fold(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text.Length > LongestText)
            text = text[..LongestText];
        if (Ascii.IsValid(text))
            return FoldAscii(text);
        var clean = Clean(text);
        var decomposed = clean.IsNormalized(NormalizationForm.FormKD) ? clean : clean.Normalize(NormalizationForm.FormKD);
        var folded = new StringBuilder(decomposed.Length);
        var gap = false;
        foreach (var rune in decomposed.EnumerateRunes())
        {
            // An apostrophe joins (don't = dont).
            if (rune.Value is '\'' or '\u2019' or '\u02bc')
                continue;
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark:
                    break;
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                    or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber:
                    if (gap && folded.Length > 0)
                        folded.Append(' ');
                    gap = false;
                    folded.Append(Simplify(Rune.ToLowerInvariant(rune)));
                    break;
                default:
                    gap = true;
                    break;
            }
        }

        // Some letters fold to several.
        if (folded.Length > LongestText)
        {
            folded.Length = char.IsHighSurrogate(folded[LongestText - 1]) ? LongestText - 1 : LongestText;
            if (folded[^1] == ' ')
                folded.Length--;
        }

        return folded.ToString();
    }

    // Most titles need none of the above.
    private static string FoldAscii(string text)
    {
        Span<char> folded = stackalloc char[LongestText];
        var length = 0;
        var gap = false;
        foreach (var letter in text)
        {
            if (char.IsAsciiLetterOrDigit(letter))
            {
                if (gap && length > 0)
                    folded[length++] = ' ';
                gap = false;
                folded[length++] = char.ToLowerInvariant(letter);
            }
            else if (letter != '\'')
            {
                gap = true;
            }
        }

        return new string(folded[..length]);
    }

    // Normalize throws on a lone surrogate and on U+FFFE; strangers send them.
    private static string Clean(string text)
    {
        char[]? clean = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]) || text[i] == '\ufffe')
                (clean ??= text.ToCharArray())[i] = ' ';
        }

        return clean is null ? text : new string(clean);
    }

    // Letters that have no decomposition, though readers take them for plain ones.
    private static string Simplify(Rune rune) => rune.Value switch
    {
        'ø' => "o",
        'ł' => "l",
        'đ' or 'ð' => "d",
        'þ' => "th",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        // At a word's end; in capitals there is but one sigma.
        'ς' => "σ",
        _ => rune.ToString(),
    };
}
