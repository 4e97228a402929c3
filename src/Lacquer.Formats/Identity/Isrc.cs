namespace Lacquer.Formats.Identity;

/// <summary>
/// An ISRC (ISO 3901:2019): two letters, three letters or digits, two digits of year, five digits. Evidence of which recording
/// a track is, not a key: several recordings may carry one.
/// </summary>
public readonly record struct Isrc : IComparable<Isrc>
{
    private Isrc(long packed) => Packed = packed;

    /// <summary>
    /// The code as an integer below 2⁴⁹, in the order of its text: 26² prefixes × 36³ registrants × 10⁷ years and designations.
    /// </summary>
    public long Packed { get; }

    /// <summary>The inverse of <see cref="Packed"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No ISRC packs to this number.</exception>
    public static Isrc FromPacked(long packed) =>
        TryFromPacked(packed, out var isrc) ? isrc : throw new ArgumentOutOfRangeException(nameof(packed), packed, "no ISRC packs to this number");

    /// <summary>The inverse of <see cref="Packed"/>; false where no ISRC packs to the number.</summary>
    public static bool TryFromPacked(long packed, out Isrc isrc)
    {
        var isOne = packed is >= 0 and < 26L * 26 * 36 * 36 * 36 * 10_000_000;
        isrc = isOne ? new Isrc(packed) : default;
        return isOne;
    }

    /// <summary>Reads a code with or without hyphens, spaces, lower-case letters or a leading "ISRC".</summary>
    public static bool TryParse(string? text, out Isrc isrc)
    {
        isrc = default;
        return text is not null && TryParse(text.AsSpan(), out isrc);
    }

    private static bool TryParse(ReadOnlySpan<char> text, out Isrc isrc)
    {
        isrc = default;
        if (text.Length > 40)
            return false;
        Span<char> code = stackalloc char[40];
        var length = 0;
        foreach (var letter in text)
        {
            if (letter is '-' or ' ' or '\t' or ':' or '.') continue;
            code[length++] = letter is >= 'a' and <= 'z' ? (char)(letter - 32) : letter;
        }

        if (length == 16 && code[..4].SequenceEqual("ISRC"))
        {
            code[4..16].CopyTo(code);
            length = 12;
        }

        if (length != 12)
            return false;

        long packed = 0;
        for (var i = 0; i < 12; i++)
        {
            var letter = code[i];
            int digit;
            if (letter is >= '0' and <= '9') digit = letter - '0';
            else if (letter is >= 'A' and <= 'Z') digit = letter - 'A';
            else return false;
            var isLetter = letter >= 'A';
            switch (i)
            {
                case < 2 when isLetter: packed = packed * 26 + digit; break;
                case >= 2 and < 5: packed = packed * 36 + (isLetter ? digit + 10 : digit); break;
                case >= 5 when !isLetter: packed = packed * 10 + digit; break;
                default: return false;
            }
        }

        isrc = new Isrc(packed);
        return true;
    }

    /// <summary>The same for text that is UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Isrc isrc)
    {
        isrc = default;
        if (text.Length > 40 || !System.Text.Ascii.IsValid(text))
            return false;
        Span<char> letters = stackalloc char[40];
        return TryParse(letters[..System.Text.Encoding.ASCII.GetChars(text, letters)], out isrc);
    }

    /// <inheritdoc/>
    public int CompareTo(Isrc other) => Packed.CompareTo(other.Packed);

    /// <summary>Twelve characters, no hyphens.</summary>
    public override string ToString()
    {
        Span<char> code = stackalloc char[12];
        var rest = Packed;
        for (var i = 11; i >= 5; i--, rest /= 10) code[i] = (char)('0' + rest % 10);
        for (var i = 4; i >= 2; i--, rest /= 36) code[i] = rest % 36 < 10 ? (char)('0' + rest % 36) : (char)('A' + rest % 36 - 10);
        for (var i = 1; i >= 0; i--, rest /= 26) code[i] = (char)('A' + rest % 26);
        return new string(code);
    }

    /// <summary>Text order.</summary>
    public static bool operator <(Isrc left, Isrc right) => left.Packed < right.Packed;

    /// <summary>Text order.</summary>
    public static bool operator >(Isrc left, Isrc right) => left.Packed > right.Packed;

    /// <summary>Text order.</summary>
    public static bool operator <=(Isrc left, Isrc right) => left.Packed <= right.Packed;

    /// <summary>Text order.</summary>
    public static bool operator >=(Isrc left, Isrc right) => left.Packed >= right.Packed;
}
