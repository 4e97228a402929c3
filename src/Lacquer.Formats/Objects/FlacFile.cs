using System.Buffers.Binary;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Objects;

/// <summary>
/// The comments and pictures of a native FLAC file (RFC 9639 §8), and the file with others, its frames untouched. Pictures are comments named <see cref="PictureName"/>, as in Ogg.
/// </summary>
public static class FlacFile
{
    /// <summary>The comment that holds a picture block in base64.</summary>
    public const string PictureName = "METADATA_BLOCK_PICTURE";

    private const int Padding = 1;
    private const int VorbisComment = 4;
    private const int Picture = 6;
    private const int LongestBlock = (1 << 24) - 1;
    private const int MostHeadBytes = 1 << 25;

    private static ReadOnlySpan<byte> Magic => "fLaC"u8;

    /// <summary>Reads the comments and pictures.</summary>
    /// <param name="source">From the file's first byte; read up to its first frame.</param>
    /// <exception cref="LacquerException">Damaged: not FLAC, or its metadata end before they should. Refused: metadata of more than 32 MiB.</exception>
    public static CommentHeader ReadTags(Stream source)
    {
        var blocks = ReadBlocks(source);
        var tags = blocks.Where(b => b.Type == VorbisComment).Select(b => CommentHeader.Parse(b.Body, out _)).FirstOrDefault() ?? new CommentHeader("", []);
        return tags with { Comments = [.. tags.Comments, .. blocks.Where(b => b.Type == Picture).Select(b => new Comment(PictureName, Convert.ToBase64String(b.Body)))] };
    }

    /// <summary>Writes the file with other comments and pictures. Padding is left out; every other block and every frame is as it was.</summary>
    /// <param name="source">From the file's first byte; read to its end.</param>
    /// <param name="tags">The comments and pictures.</param>
    /// <param name="destination">Gets the file; not closed.</param>
    /// <exception cref="LacquerException">As <see cref="ReadTags"/>, and refused: a block of more than 16 MiB.</exception>
    /// <exception cref="ArgumentException">The tags cannot be written; see <see cref="CommentHeader.ToBytes"/>.</exception>
    public static void Rewrite(Stream source, CommentHeader tags, Stream destination)
    {
        var blocks = ReadBlocks(source).Where(b => b.Type is not (Padding or VorbisComment or Picture)).ToList();
        var pictures = tags.Comments.Where(IsPicture).ToList();
        blocks.Add((VorbisComment, (tags with { Comments = tags.Comments.Where(c => !IsPicture(c)).ToList() }).ToBytes()));
        blocks.AddRange(pictures.Select(p => (Picture, Convert.FromBase64String(p.Value))));
        destination.Write(Magic);
        Span<byte> head = stackalloc byte[4];
        for (var i = 0; i < blocks.Count; i++)
        {
            var (type, body) = blocks[i];
            if (body.Length > LongestBlock)
                throw new LacquerException(Failure.Refused, $"a metadata block of {body.Length} bytes; FLAC has room for {LongestBlock}");
            BinaryPrimitives.WriteUInt32BigEndian(head, (uint)body.Length | ((uint)type << 24) | (i == blocks.Count - 1 ? 0x80000000 : 0));
            destination.Write(head);
            destination.Write(body);
        }

        source.CopyTo(destination);
    }

    private static bool IsPicture(Comment comment) => comment.Name.Equals(PictureName, StringComparison.OrdinalIgnoreCase);

    private static List<(int Type, byte[] Body)> ReadBlocks(Stream source)
    {
        try
        {
            Span<byte> head = stackalloc byte[4];
            source.ReadExactly(head);
            if (!head.SequenceEqual(Magic))
                throw new LacquerException(Failure.Damaged, "not a FLAC file: it does not begin with fLaC");
            var blocks = new List<(int Type, byte[] Body)>();
            var total = 0L;
            for (var isLast = false; !isLast;)
            {
                source.ReadExactly(head);
                var word = BinaryPrimitives.ReadUInt32BigEndian(head);
                isLast = word >> 31 == 1;
                var length = (int)(word & LongestBlock);
                // A block without a body still takes its four bytes, so that their number is bounded too.
                if ((total += head.Length + length) > MostHeadBytes)
                    throw new LacquerException(Failure.Refused, $"metadata of more than {MostHeadBytes} bytes");
                var body = new byte[length];
                source.ReadExactly(body);
                blocks.Add(((int)(word >> 24) & 0x7F, body));
            }

            return blocks;
        }
        catch (EndOfStreamException e)
        {
            throw new LacquerException(Failure.Damaged, "the FLAC file ends before its metadata do", inner: e);
        }
    }
}
