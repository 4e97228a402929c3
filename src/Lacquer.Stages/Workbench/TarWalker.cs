using System.Globalization;
using System.Text;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// Walks a tar archive forward: ustar, GNU and pax (POSIX.1-2017, pax). Nothing is unpacked, so names are only names. Memory stays flat whatever the archive says of itself, which
/// System.Formats.Tar does not promise: it reads a pax header whole, of up to 2 GiB.
/// </summary>
internal sealed class TarWalker(PackedReader source)
{
    private const int Block = 512;
    private const int LongestNote = 64 << 10;
    private readonly byte[] _block = new byte[Block];
    private readonly byte[] _skipped = new byte[64 << 10];
    private long _padding;

    /// <summary>The entry's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Whether the entry is an ordinary file.</summary>
    public bool IsFile { get; private set; }

    /// <summary>How much of the entry's bytes has not been read.</summary>
    public long Remaining { get; private set; }

    /// <summary>Why the walk ended before the archive did, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next entry, past what is left of the last.</summary>
    public bool TryNext()
    {
        string? name = null;
        long? size = null;
        while (Problem is null && Skip(Remaining) && Skip(_padding))
        {
            (Remaining, _padding) = (0, 0);
            var got = ReadWhole(_block);
            if (got == 0 || (got == Block && !_block.AsSpan().ContainsAnyExcept((byte)0)))
            {
                // What follows the end is padding; it is held to its checksum.
                while (source.Read(_skipped) > 0)
                {
                }

                Problem = source.Problem;
                return false;
            }

            if (got < Block)
            {
                Problem = source.Problem ?? "it is cut off";
                return false;
            }

            var type = _block[156];
            if (!IsWhole(_block) || Number(_block.AsSpan(124, 12)) is not { } length)
            {
                Problem = "it is not a tar archive, or damaged";
                return false;
            }

            // POSIX: links, devices, folders and pipes have no bytes, whatever their size says.
            Remaining = type is >= (byte)'1' and <= (byte)'6' ? 0 : length;
            _padding = Padding(Remaining);
            if (type is (byte)'x' or (byte)'L')
            {
                if (Remaining > LongestNote)
                {
                    Problem = "it is not a tar archive, or damaged: a name in it is longer than 64 KiB";
                    return false;
                }

                var note = new byte[Remaining];
                for (var filled = 0; filled < note.Length;)
                {
                    var read = Read(note.AsSpan(filled));
                    if (read == 0)
                        return false;
                    filled += read;
                }

                if (type == 'L') name = Text(note);
                else ReadPax(note, ref name, ref size);
                continue;
            }

            if (type is (byte)'g' or (byte)'K')
                continue;
            IsFile = type is 0 or (byte)'0' or (byte)'7';
            if (IsFile && size is { } large)
            {
                Remaining = large;
                _padding = Padding(large);
            }

            Name = name ?? NameIn(_block);
            return true;
        }

        return false;
    }

    /// <summary>Reads the entry's bytes; 0 at its end, and where the archive is cut off, which <see cref="Problem"/> then says.</summary>
    public int Read(Span<byte> buffer)
    {
        if (Remaining == 0 || Problem is not null || buffer.Length == 0)
            return 0;
        var read = source.Read(buffer[..(int)Math.Min(buffer.Length, Remaining)]);
        Remaining -= read;
        if (read == 0)
            Problem = source.Problem ?? "it is cut off";
        return read;
    }

    private static long Padding(long length) => (Block - length % Block) % Block;

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);

    private static string NameIn(ReadOnlySpan<byte> block)
    {
        var name = Text(block[..100]);
        return block.Slice(257, 6).SequenceEqual("ustar\0"u8) && block[345] != 0 ? $"{Text(block.Slice(345, 155))}/{name}" : name;
    }

    private static bool IsWhole(ReadOnlySpan<byte> block)
    {
        var sum = 8L * ' ';
        for (var i = 0; i < Block; i++)
            if (i is < 148 or >= 156)
                sum += block[i];
        return Number(block.Slice(148, 8)) == sum;
    }

    // Octal digits, or, where the first bit is set, base 256 (GNU). Null where it is neither or negative.
    private static long? Number(ReadOnlySpan<byte> field)
    {
        long number = 0;
        if ((field[0] & 0x80) != 0)
        {
            if (field[0] != 0x80 || field[1..^8].ContainsAnyExcept((byte)0))
                return null;
            number = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return number < 0 ? null : number;
        }

        foreach (var digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            number = 8 * number + digit - '0';
        }

        return number;
    }

    // Records "LENGTH KEY=VALUE\n".
    private static void ReadPax(ReadOnlySpan<byte> note, ref string? name, ref long? size)
    {
        while (note.IndexOf((byte)' ') is > 0 and var blank
            && int.TryParse(note[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length > blank + 1 && length <= note.Length)
        {
            var record = note[(blank + 1)..(length - 1)];
            if (record.StartsWith("path="u8))
                name = Text(record[5..]);
            else if (record.StartsWith("size="u8) && long.TryParse(record[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var given))
                size = given;
            note = note[length..];
        }
    }

    private int ReadWhole(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length && source.Read(buffer[filled..]) is > 0 and var read)
            filled += read;
        return filled;
    }

    private bool Skip(long length)
    {
        while (length > 0)
        {
            var read = source.Read(_skipped.AsSpan(0, (int)Math.Min(_skipped.Length, length)));
            if (read == 0)
            {
                Problem = source.Problem ?? "it is cut off";
                return false;
            }

            length -= read;
        }

        return true;
    }
}
