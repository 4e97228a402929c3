using System.Buffers.Binary;
using System.Text;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Objects;

/// <summary>
/// One field of a Vorbis comment header, <c>NAME=value</c> (Vorbis I §5.2.2). Names repeat and their case does not matter.
/// </summary>
/// <param name="Name">ASCII 0x20 to 0x7D without <c>=</c>, at least one character.</param>
/// <param name="Value">Any text; written as UTF-8.</param>
public readonly record struct Comment(string Name, string Value)
{
    /// <summary>Whether a text can be a field's name: ASCII 0x20 to 0x7D without <c>=</c>, not empty (Vorbis I §5.2.2).</summary>
    public static bool IsName(ReadOnlySpan<char> name) =>
        !name.IsEmpty && name.IndexOfAnyExceptInRange(' ', '}') < 0 && !name.Contains('=');
}

/// <summary>
/// The comment block that Ogg Vorbis and Ogg Opus share: a vendor string and a list of fields
/// (Vorbis I §5.2.1; RFC 7845 §5.2). The signature before it and whatever follows it belong to the codec's packet.
/// </summary>
/// <param name="Vendor">The encoder's name for itself.</param>
/// <param name="Comments">The fields, in file order.</param>
public sealed record CommentHeader(string Vendor, IReadOnlyList<Comment> Comments)
{
    /// <summary>The most fields that are read or written: far above any known file, low enough to bound memory.</summary>
    public const int MaxComments = 65_536;

    // Writing must not turn a lone surrogate into a question mark unnoticed.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The values of a field, in file order; the name is compared without regard to ASCII case (Vorbis I §5.2.2).</summary>
    public IEnumerable<string> Values(string name) =>
        Comments.Where(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase)).Select(c => c.Value);

    /// <summary>
    /// Reads a comment block. Bytes that are not UTF-8 become U+FFFD, and a field without a proper name is left out, as
    /// players do; an object's undo record still brings both back.
    /// </summary>
    /// <param name="block">The packet after its signature; may go on behind the block.</param>
    /// <param name="lengthBytes">How many bytes the block took.</param>
    /// <exception cref="LacquerException">A length points past the end (damaged), or there are too many fields (refused).</exception>
    public static CommentHeader Parse(ReadOnlySpan<byte> block, out int lengthBytes)
    {
        var rest = block;
        var vendor = Encoding.UTF8.GetString(Take(ref rest));
        var count = TakeLength(ref rest);
        // Each field has at least its 4 length bytes, so a larger count cannot be true.
        if (count > (uint)rest.Length / 4)
            throw new LacquerException(Failure.Damaged, $"the comment header claims {count} fields in {rest.Length} bytes");
        if (count > MaxComments)
            throw new LacquerException(Failure.Refused, $"the comment header has {count} fields; at most {MaxComments} are read");
        var comments = new List<Comment>((int)count);
        for (var i = 0u; i < count; i++)
        {
            var field = Take(ref rest);
            var equals = field.IndexOf((byte)'=');
            if (equals < 1)
                continue;
            var name = Encoding.Latin1.GetString(field[..equals]);
            if (Comment.IsName(name))
                comments.Add(new Comment(name, Encoding.UTF8.GetString(field[(equals + 1)..])));
        }
        lengthBytes = block.Length - rest.Length;
        return new CommentHeader(vendor, comments);
    }

    /// <summary>The block's bytes: lengths as 32-bit little-endian numbers, texts as UTF-8.</summary>
    /// <exception cref="ArgumentException">A name is not one, there are too many fields, or a text has a lone surrogate.</exception>
    public byte[] ToBytes()
    {
        if (Comments.Count > MaxComments)
            throw new ArgumentException($"{Comments.Count} comment fields; at most {MaxComments} are written");
        using var block = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        var vendor = StrictUtf8.GetBytes(Vendor);
        WriteNumber(block, number, vendor.Length);
        block.Write(vendor);
        WriteNumber(block, number, Comments.Count);
        foreach (var comment in Comments)
        {
            if (!Comment.IsName(comment.Name))
                throw new ArgumentException($"'{comment.Name}' cannot name a comment field: ASCII 0x20 to 0x7D without '='");
            var name = Encoding.ASCII.GetBytes(comment.Name);
            var value = StrictUtf8.GetBytes(comment.Value);
            WriteNumber(block, number, checked(name.Length + 1 + value.Length));
            block.Write(name);
            block.WriteByte((byte)'=');
            block.Write(value);
        }
        return block.ToArray();
    }

    private static void WriteNumber(MemoryStream block, Span<byte> number, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(number, value);
        block.Write(number);
    }

    private static uint TakeLength(ref ReadOnlySpan<byte> rest)
    {
        if (!BinaryPrimitives.TryReadUInt32LittleEndian(rest, out var length))
            throw new LacquerException(Failure.Damaged, "the comment header ends before its fields do");
        rest = rest[4..];
        return length;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var length = TakeLength(ref rest);
        if (length > (uint)rest.Length)
            throw new LacquerException(Failure.Damaged, $"a comment field claims {length} bytes; {rest.Length} are left");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}
