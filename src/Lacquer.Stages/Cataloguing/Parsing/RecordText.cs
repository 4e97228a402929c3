using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>A text inside a <see cref="RecordText"/>; the empty one stands for none.</summary>
internal readonly record struct TextRef(int Start, int Length)
{
    public bool IsEmpty => Length == 0;
}

/// <summary>The texts of one record, without JSON's escapes, one after another; cleared for the next record. And how values are read from JSON, strictly.</summary>
internal sealed class RecordText
{
    /// <summary>A title or name of more bytes than this is not one.</summary>
    public const int LongestText = 4096;

    private byte[] _bytes = new byte[1 << 16];
    private int _length;

    public ReadOnlySpan<byte> this[TextRef text] => _bytes.AsSpan(text.Start, text.Length);

    public void Clear() => _length = 0;

    /// <summary>Takes text that is not JSON's.</summary>
    public TextRef Add(ReadOnlySpan<byte> utf8)
    {
        Grow(utf8.Length);
        utf8.CopyTo(_bytes.AsSpan(_length));
        return Taken(utf8.Length);
    }

    public TextRef Add(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return default;
        Grow(Encoding.UTF8.GetMaxByteCount(text.Length));
        return Taken(Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length)));
    }

    /// <summary>The value of a property: a text, or none where it is null.</summary>
    public TextRef Text(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType == JsonTokenType.Null)
            return default;
        if (json.TokenType != JsonTokenType.String)
            throw Wrong(ref json, name, "a text");
        // An escape is never shorter than what it stands for.
        var longest = json.ValueSpan.Length;
        if (longest > LongestText * 6)
            throw new FormatException($"{name} has {longest} bytes");
        Grow(longest);
        int length;
        try
        {
            length = json.CopyString(_bytes.AsSpan(_length));
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"{name} is not Unicode: half of a surrogate pair");
        }

        if (length > LongestText)
            throw new FormatException($"{name} has {length} bytes");
        return Taken(length);
    }

    /// <summary>The value of a property: a whole number in a range, or null.</summary>
    public static long? Number(ref Utf8JsonReader json, string name, long least, long most)
    {
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number))
            throw Wrong(ref json, name, "a whole number");
        if (number < least || number > most)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{name} of {number} cannot be"));
        return number;
    }

    public static float? Real(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType != JsonTokenType.Number || !json.TryGetSingle(out var number) || !float.IsFinite(number))
            throw Wrong(ref json, name, "a number");
        return number;
    }

    public static bool? Truth(ref Utf8JsonReader json, string name) => json.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Wrong(ref json, name, "true or false"),
    };

    /// <summary>Whether a list begins here; null is an empty one.</summary>
    public static bool IsList(ref Utf8JsonReader json, string name) => json.TokenType switch
    {
        JsonTokenType.StartArray => true,
        JsonTokenType.Null => false,
        _ => throw Wrong(ref json, name, "a list"),
    };

    /// <summary>Whether an object begins here; null is none.</summary>
    public static bool IsObject(ref Utf8JsonReader json, string name) => json.TokenType switch
    {
        JsonTokenType.StartObject => true,
        JsonTokenType.Null => false,
        _ => throw Wrong(ref json, name, "an object"),
    };

    /// <summary>A date of the forms 2024, 2024-05 and 2024-05-17 as YYYYMMDD; what is not known of it is 00. 0 where nothing is.</summary>
    public int Date(TextRef text, string name)
    {
        var date = this[text];
        if (date.IsEmpty || date.StartsWith("????"u8))
            return 0;
        if (date.Length is 4 or 7 or 10 && Digits(date[..4]) is > 0 and var year && (date.Length < 7 || date[4] == '-') && (date.Length < 10 || date[7] == '-'))
        {
            var month = date.Length >= 7 ? Digits(date[5..7]) : 0;
            var day = date.Length == 10 ? Digits(date[8..10]) : 0;
            // MusicBrainz knows some days without their month: the year is what can be said.
            if (month == 0 && date.Length == 10 && date[5..7].SequenceEqual("??"u8) && day is >= 0 and <= 31)
                day = 0;
            if (month is >= 0 and <= 12 && day >= 0 && (month > 0 || day == 0) && (day == 0 || day <= DateTime.DaysInMonth(year, month)))
                return year * 10_000 + month * 100 + day;
        }

        throw new FormatException($"{name} of '{Encoding.UTF8.GetString(date)}' cannot be");

        // "??" stands for what is not known.
        static int Digits(ReadOnlySpan<byte> text)
        {
            if (text.IndexOfAnyExcept((byte)'?') < 0)
                return 0;
            var number = 0;
            foreach (var letter in text)
            {
                if (letter is < (byte)'0' or > (byte)'9')
                    return -1;
                number = number * 10 + (letter - '0');
            }

            return number;
        }
    }

    /// <summary>A barcode of 8 to 14 digits, spaces and hyphens between them let pass; 0 where it is none.</summary>
    public long Gtin(TextRef text)
    {
        var (digits, gtin) = (0, 0L);
        foreach (var letter in this[text])
        {
            if (letter is >= (byte)'0' and <= (byte)'9')
            {
                if (++digits > 14)
                    return 0;
                gtin = gtin * 10 + (letter - '0');
            }
            else if (letter is not ((byte)' ' or (byte)'-'))
            {
                return 0;
            }
        }

        return digits >= 8 ? gtin : 0;
    }

    /// <summary>Why a line is no record.</summary>
    public static FormatException Wrong(ref Utf8JsonReader json, string name, string wanted) => new($"{name} is {json.TokenType switch
    {
        JsonTokenType.StartArray => "a list",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        _ => "null",
    }}, not {wanted}");

    /// <summary>Bytes that are not UTF-8 are no text in any field.</summary>
    public static void CheckUtf8(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
            throw new FormatException("it is not UTF-8");
    }

    private void Grow(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
    }

    private TextRef Taken(int length)
    {
        var text = new TextRef(_length, length);
        _length += length;
        return text;
    }
}
