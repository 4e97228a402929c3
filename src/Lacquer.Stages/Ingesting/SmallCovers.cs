using System.Buffers.Binary;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>Makes the small pictures that objects carry where policy says so.</summary>
internal sealed class SmallCovers(OpenArchive archive)
{
    private const int LargestPixels = 500;
    private const int FrontCover = 3;
    private const string MimeType = "image/jpeg";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly string _ffmpeg = Toolbox.Require("ffmpeg", "ffmpeg");

    /// <summary>The cover as a JPEG of at most 500 pixels, in a <c>METADATA_BLOCK_PICTURE</c> (RFC 9639 §8.8 in base64); null where there is none, policy wants none, or ffmpeg cannot read it.</summary>
    /// <param name="cover">The picture that came with the file.</param>
    /// <param name="work">A path to write to, which is free again afterwards.</param>
    /// <param name="stop">Stops ffmpeg.</param>
    public async Task<Comment?> SmallAsync(CoverImage? cover, string work, CancellationToken stop)
    {
        if (!archive.Configuration.HasCovers || cover is null || archive.Layout.Image(cover.Sha256, cover.Extension) is not { } picture || !File.Exists(picture))
            return null;
        try
        {
            var result = await Toolbox.RunAsync(_ffmpeg,
                ["-nostdin", "-v", "error", "-threads", "1", "-i", "file:" + picture, "-frames:v", "1", "-vf", $"scale=w='min({LargestPixels},iw)':h='min({LargestPixels},ih)':force_original_aspect_ratio=decrease,setsar=1,format=yuvj420p",
                 "-map_metadata", "-1", "-q:v", "4", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "mjpeg", "-y", "file:" + work], Limit, stop).ConfigureAwait(false);
            if (result.ExitCode != 0 || !File.Exists(work))
                return null;
            var jpeg = await File.ReadAllBytesAsync(work, stop).ConfigureAwait(false);
            return Size(jpeg) is var (width, height) ? new Comment(FlacFile.PictureName, Convert.ToBase64String(Block(jpeg, width, height))) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            File.Delete(work);
        }
    }

    private static byte[] Block(byte[] jpeg, int width, int height)
    {
        using var block = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        void Put(Span<byte> buffer, int value)
        {
            BinaryPrimitives.WriteInt32BigEndian(buffer, value);
            block.Write(buffer);
        }

        Put(number, FrontCover);
        Put(number, MimeType.Length);
        block.Write(Encoding.ASCII.GetBytes(MimeType));
        Put(number, 0);
        Put(number, width);
        Put(number, height);
        Put(number, 24);
        Put(number, 0);
        Put(number, jpeg.Length);
        block.Write(jpeg);
        return block.ToArray();
    }

    // The frame header of a baseline JPEG (ITU-T T.81, B.2.2).
    private static (int Width, int Height)? Size(ReadOnlySpan<byte> jpeg)
    {
        for (var at = 2; at + 9 < jpeg.Length && jpeg[at] == 0xFF; at += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]))
            if (jpeg[at + 1] is 0xC0 or 0xC1 or 0xC2)
                return (BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 5)..]));
        return null;
    }
}
